//! Which addresses links and images may have, and one spelling for those that mean the same.

use url::Url;

use super::is_unkept;

/// Schemes that a link may have. An address without a scheme is relative and harmless.
const LINKS: [&str; 4] = ["http", "https", "mailto", "tel"];
/// Pictures inside their address. Vector graphics are left out: they can carry programs.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// The address of a link; `None` if it is empty or could run a program.
pub(super) fn link(text: &str) -> Option<String> {
    let text = tidy(text);
    match scheme(&text) {
        _ if text.is_empty() => None,
        Some(scheme) if !LINKS.contains(&scheme.as_str()) => None,
        _ => Some(attachment(&text).unwrap_or(text)),
    }
}

/// The address of a picture; likewise.
pub(super) fn image(text: &str) -> Option<String> {
    let text = tidy(text);
    match scheme(&text).as_deref() {
        _ if text.is_empty() => None,
        None | Some("http" | "https") => Some(attachment(&text).unwrap_or(text)),
        Some("data") => {
            let kind = text
                .get(5..)?
                .split([';', ','])
                .next()?
                .to_ascii_lowercase();
            PICTURES.contains(&kind.as_str()).then_some(text)
        }
        Some(_) => None,
    }
}

/// Browsers drop line ends and tabs inside addresses, so `java\nscript:` is a scheme to them.
fn tidy(text: &str) -> String {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    text.chars()
        .filter(|c| !c.is_control() && !is_unkept(*c))
        .collect()
}

/// The scheme in lower case, as a browser would see one.
fn scheme(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let is_scheme =
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(plain);
    if is_scheme {
        return Some(scheme.to_ascii_lowercase());
    }
    // A colon after the first slash, question mark or hash is part of a relative address. One before
    // them with odd characters in front is nothing that anyone means: treated as an unknown scheme.
    (!scheme.contains(['/', '?', '#'])).then(|| scheme.to_ascii_lowercase())
}

/// The one spelling of an Azure DevOps attachment: the service writes the same attachment with the old
/// and the new host name (Microsoft Learn, Attachments).
fn attachment(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let path = url.path();
    let at = path.to_ascii_lowercase().find("/_apis/wit/attachments/")?;
    let (before, rest) = path.split_at(at);
    let host = url.host_str()?.to_ascii_lowercase();
    let organisation = match host.strip_suffix(".visualstudio.com") {
        Some(organisation) => organisation.to_owned(),
        None if host == "dev.azure.com" => before.split('/').nth(1)?.to_ascii_lowercase(),
        None => return None,
    };
    let id = rest.rsplit('/').next()?.to_ascii_lowercase();
    let name = url
        .query_pairs()
        .find(|(name, _)| name.eq_ignore_ascii_case("fileName"))
        .map(|(_, name)| name.into_owned());
    let mut one = Url::parse("https://dev.azure.com/").ok()?;
    one.set_path(&format!("{organisation}/_apis/wit/attachments/{id}"));
    if let Some(name) = name {
        one.query_pairs_mut().append_pair("fileName", &name);
    }
    Some(one.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_no_addresses() {
        for text in [
            "javascript:alert(1)",
            " JavaScript:alert(1)",
            "java\nscript:alert(1)",
            "vbscript:x",
            "data:text/html,x",
            "\u{1}javascript:x",
            "java&script:x",
            "",
            "  ",
        ] {
            assert_eq!(link(text), None, "{text:?}");
            assert_eq!(image(text), None, "{text:?}");
        }
        assert_eq!(image("data:image/svg+xml,<svg/>"), None);
        assert_eq!(link("data:image/png;base64,AA=="), None);
    }

    #[test]
    fn harmless_addresses_stay() {
        for text in [
            "https://a.example/x?y=1#z",
            "http://a/",
            "mailto:a@b.example",
            "/x:y",
            "#top",
            "x",
        ] {
            assert_eq!(link(text).as_deref(), Some(text));
        }
        assert!(image("data:image/png;base64,AA==").is_some());
    }

    #[test]
    fn an_attachment_has_one_address() {
        let one = "https://dev.azure.com/contoso/_apis/wit/attachments/0f?fileName=a+b.png";
        for text in [
            "https://contoso.visualstudio.com/DefaultCollection/_apis/wit/attachments/0F?fileName=a%20b.png",
            "https://contoso.visualstudio.com/0a1b/_apis/wit/attachments/0F?fileName=a%20b.png&x=1",
            "https://dev.azure.com/Contoso/Web%20Shop/_apis/wit/attachments/0f?fileName=a%20b.png",
            one,
        ] {
            assert_eq!(image(text).as_deref(), Some(one), "{text}");
        }
    }
}
