//! What to do about a refusal of Microsoft Entra, by its code (Microsoft Learn, Microsoft Entra
//! authentication and authorization error codes).

/// One sentence without a full stop. `subject` is what the job's identity token says of it.
pub(super) fn advice(code: Option<u64>, subject: Option<&str>) -> String {
    let trust = |what: &str| {
        let subject = match subject {
            Some(subject) => format!("`{subject}`"),
            None => "that of the job".to_owned(),
        };
        format!(
            "{what}: give the application a federated credential with the issuer `https://token.actions.githubusercontent.com`, the audience `api://AzureADTokenExchange` and the subject {subject}, letter for letter"
        )
    };
    match code {
        Some(70_021 | 700_213) => trust("it trusts no job with this subject"),
        Some(700_211) => trust("it trusts no such issuer"),
        Some(700_212) => trust("it trusts no such audience"),
        Some(700_016) => {
            "there is no such application in that directory: compare `clientId` and `tenantId` with its overview page".to_owned()
        }
        Some(90_002 | 900_021) => {
            "there is no such directory: compare `tenantId` with the overview page of Microsoft Entra".to_owned()
        }
        Some(700_024 | 700_023) => {
            "the identity token is not valid now: try again, and look at the runner's clock".to_owned()
        }
        Some(7_000_112) => "the application is switched off: ask an administrator of the directory".to_owned(),
        Some(53_003 | 530_034) => {
            "a policy of the directory keeps the workload out: ask its administrator about conditional access".to_owned()
        }
        Some(500_011) => {
            "Azure DevOps is not known in that directory: connect the organisation to it (Organization settings > Microsoft Entra)".to_owned()
        }
        _ => "compare `tenantId`, `clientId` and the application's federated credentials with the job".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_way_out() {
        let subject = "repo:contoso/web-shop:pull_request";
        for (code, words) in [
            (70_021, subject),
            (700_213, subject),
            (700_211, "issuer"),
            (700_212, "audience"),
            (700_016, "clientId"),
            (90_002, "tenantId"),
            (700_024, "clock"),
            (7_000_112, "switched off"),
            (53_003, "conditional access"),
            (500_011, "organisation"),
            (1, "compare"),
        ] {
            let told = advice(Some(code), Some(subject));
            assert!(told.contains(words), "{code}: {told}");
        }
        assert!(advice(Some(70_021), None).contains("that of the job"));
    }
}
