//! Observe and plan: reads both systems and the store, writes to none of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::configuration::Configuration;
use super::connect::endpoints;
use super::custom_field::{AwaitedField, Forms};
use super::error::ReconcileError;
use super::executor::later;
use super::observe::{Observer, Reading};
use super::places::unknown_places;
use super::{Context, beside, configuration, custom_field};
use crate::diagnostics::catalog::mapping as mapping_codes;
use crate::diagnostics::{Finding, Location, Place};
use crate::mapping::CompiledMapping;
use crate::mapping::seen::{Seen, coverage, lint_seen, lost_formatting};
use crate::model::config::{Config, Connection, CustomField, FieldMapping, Origin, SyncRule};
use crate::model::{Case, Endpoints, Link, Name, Sides, WorkItem, WorkItemType};
use crate::plan::safety::{FileCounts, Overrides};
use crate::plan::{
    Inputs, ItemKey, Known, LinkedPairs, Observed, OriginEntry, PlanFinding, PlanRequest, Planned,
    Refusal, RuleInput, glob,
};
use crate::store::{Intent, Watermark};

/// What narrows or loosens a plan.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// Numbers that the person accepts beforehand.
    pub overrides: Overrides,
    /// What the manifests were read from, with the addresses that narrow the plan.
    pub inputs: Inputs,
    /// Whether fields with data that no row maps are told (L30).
    pub coverage: bool,
    /// Whether declared fields that are not there yet and that the narrowing leaves out are taken as there.
    /// For a test sync, which carries nothing out.
    pub assume_declared: bool,
    /// Whether everything is read, whatever the feed of revisions says (`--full-scan`).
    pub full_scan: bool,
    /// The items whose pairs are read; `None` for all that the rules select. Beside them only what may show
    /// that a pair belongs together otherwise is read. For plans whose every operation is known beforehand;
    /// [`Inputs::only`] has to name no other item.
    pub touched: Option<Arc<BTreeSet<ItemKey>>>,
}

/// What was observed for one rule, kept for the executor.
pub struct Observation {
    /// The rule.
    pub rule: SyncRule,
    /// Its mapping, checked against the live type.
    pub mapping: CompiledMapping,
    /// Where its links live.
    pub endpoints: Endpoints,
    /// What both systems held.
    pub observed: Observed,
    /// Every pair between the two places.
    pub pairs: Arc<LinkedPairs>,
    /// The whole links that the rule may need; see [`RuleInput::links`].
    pub links: Vec<Link>,
    /// What the state and the servers say beside that.
    pub known: Known,
    /// Declared fields that rows of the mapping name and that the live type lacks in whole or in part.
    pub lacking: Vec<CustomField>,
    /// How far the feed of revisions was followed: what an apply stores once it did everything that the
    /// plan says. `None` if the feed cannot be followed for this rule.
    pub watermark: Option<Watermark>,
}

/// A plan with what it was made from.
pub struct PlanOutcome {
    /// The plan and its steps.
    pub planned: Planned,
    /// The observations, in the order of the rules' names.
    pub observations: Vec<Observation>,
    /// Declared fields that are not all there yet: what writes them has to wait for them.
    pub awaited: Vec<AwaitedField>,
    /// Of a saved plan, how many of its operations are left out because they no longer hold; `None` for a
    /// plan that was made just now.
    pub left_out: Option<u64>,
}

/// What was read of both systems and the state for every selected rule.
pub(super) struct Survey<'a> {
    /// Declared resources with what was seen of them.
    pub(super) configuration: Configuration<'a>,
    /// The observations, in the order of the rules' names.
    pub(super) observations: Vec<Observation>,
    /// What lint with live metadata says; none of it an error.
    pub(super) findings: Vec<Finding>,
}

/// Makes the plan for every selected rule.
pub async fn plan(
    context: &Context<'_>,
    options: &PlanOptions,
) -> Result<PlanOutcome, ReconcileError> {
    let Survey {
        mut configuration,
        observations,
        findings,
    } = survey(context, options).await?;
    let awaited = std::mem::take(&mut configuration.awaited);
    let read = (observations.as_slice(), findings.as_slice());
    let (planned, _) = beside::planned(context, options, configuration, read).await?;
    Ok(PlanOutcome {
        planned,
        observations,
        awaited,
        left_out: None,
    })
}

/// Reads both systems and the state for every selected rule.
pub(super) async fn survey<'a>(
    context: &Context<'a>,
    options: &PlanOptions,
) -> Result<Survey<'a>, ReconcileError> {
    let configuration = configuration::observe(context, &options.inputs.only).await?;
    let only = &options.inputs.only;
    let rules = context.config.rules.values();
    let selected = rules.filter(|rule| is_selected(rule, only)).collect();
    let RulesRead {
        observations,
        mut findings,
        lost,
    } = observe(context, options, &configuration.forms, selected).await?;
    if findings.iter().any(Finding::is_error) {
        return Err(ReconcileError::Findings(findings));
    }
    // With numbers it says more than without.
    findings.retain(|known| {
        let same =
            |one: &Finding| one.code.code == known.code.code && one.location == known.location;
        !lost.iter().any(same)
    });
    findings.extend(lost);
    Ok(Survey {
        configuration,
        observations,
        findings,
    })
}

/// Whether a narrowing leaves something of a rule.
pub(super) fn is_selected(rule: &SyncRule, only: &[String]) -> bool {
    glob::may_select_below(only, &format!("SyncRule/{}", rule.name))
}

/// What reading for rules gave.
#[derive(Default)]
pub(super) struct RulesRead {
    /// In the order of the rules' names. A rule whose mapping does not fit has none.
    pub(super) observations: Vec<Observation>,
    /// What lint with live metadata says, errors too.
    pub(super) findings: Vec<Finding>,
    /// Formatting that items lose: findings of lint, with numbers.
    lost: Vec<Finding>,
}

/// Reads both systems and the state for these rules.
pub(super) async fn observe(
    context: &Context<'_>,
    options: &PlanOptions,
    forms: &Forms,
    rules: Vec<&SyncRule>,
) -> Result<RulesRead, ReconcileError> {
    let mut read = RulesRead::default();
    for (connection_name, rules) in by_connection(rules) {
        let Some(connection) = context.config.connections.get(connection_name) else {
            continue;
        };
        let places = endpoints(connection);
        let readers = context.remotes.readers(connection)?;
        let full_scan = options.full_scan;
        let mut observer = Observer::new(context, connection, readers, &rules, full_scan).await?;
        observer.read_only_pairs_of(options.touched.clone());
        for rule in rules {
            let findings = &mut read.findings;
            let mapping = compile(
                context.config,
                options,
                forms,
                rule,
                &mut observer,
                findings,
            );
            let Some((mapping, lacking)) = mapping.await? else {
                continue;
            };
            let mut known = known(context, &places, observer.known_type(&mapping)).await?;
            let reading = observer.observe(rule, &mapping, &known).await?;
            let Reading {
                observed,
                links,
                watermark,
            } = reading;
            known.clocks = observer.clocks();
            if let Some(declared) = context.config.mappings.get(&rule.mapping) {
                let pairs = observer.pairs();
                let seen = seen(rule, (declared, &mapping), connection, &observed, &pairs);
                read.findings.extend(lint_seen(&seen));
                read.lost.extend(lost_formatting(&seen));
                if options.coverage {
                    read.findings.extend(coverage(&seen));
                }
            }
            read.observations.push(Observation {
                rule: rule.clone(),
                mapping,
                endpoints: places.clone(),
                observed,
                pairs: observer.pairs(),
                links,
                known,
                lacking,
                watermark,
            });
        }
    }
    read.observations
        .sort_by(|a, b| a.rule.name.cmp(&b.rule.name));
    Ok(read)
}

fn by_connection(rules: Vec<&SyncRule>) -> BTreeMap<&Name, Vec<&SyncRule>> {
    let mut grouped: BTreeMap<&Name, Vec<&SyncRule>> = BTreeMap::new();
    for rule in rules {
        grouped.entry(&rule.connection).or_default().push(rule);
    }
    grouped
}

/// The mapping of a rule, and the declared fields that its live type lacks; `None` where it does not fit.
async fn compile(
    config: &Config,
    options: &PlanOptions,
    forms: &Forms,
    rule: &SyncRule,
    observer: &mut Observer<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Option<(CompiledMapping, Vec<CustomField>)>, ReconcileError> {
    let Some(mapping) = config.mappings.get(&rule.mapping) else {
        return Ok(None);
    };
    let live = observer.work_item_type(&mapping.work_item_type).await?;
    let (compiled, mut found) = fit(config, rule, mapping, live.as_deref());
    let mut lacking = Vec::new();
    if let Some(live) = live.as_deref() {
        let fields = custom_field::lacking(config, rule, mapping, live);
        lacking.extend(fields.map(|(field, _)| field.clone()));
        if !options.assume_declared {
            let only = &options.inputs.only;
            found.extend(custom_field::left_out(config, only, rule, mapping, live));
        }
    }
    if let (Some(live), Some(types)) = (live.as_deref(), forms.get(&rule.connection)) {
        found.extend(custom_field::on_no_form(
            config,
            &rule.connection,
            mapping,
            live,
            types,
        ));
    }
    found.extend(unknown_places(rule, mapping, observer).await?);
    let users = config.connections.get(&rule.connection);
    let compiled = match users {
        Some(connection) => compiled.map(|mapping| mapping.with_users(&connection.users)),
        None => compiled,
    };
    let fits = !found.iter().any(Finding::is_error);
    for finding in found {
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    let compiled = compiled.filter(|_| fits);
    Ok(compiled.map(|mapping| (mapping, lacking)))
}

/// Holds the mapping of a rule against the live work item type with the fields that are declared for it,
/// `None` if the project has none of its name. The mapping comes back compiled if no finding is an error.
pub(super) fn fit(
    config: &Config,
    rule: &SyncRule,
    mapping: &FieldMapping,
    live: Option<&WorkItemType>,
) -> (Option<CompiledMapping>, Vec<Finding>) {
    let Some(live) = live else {
        let message = format!(
            "the project has no work item type `{}`, which mapping `{}` names",
            mapping.work_item_type, mapping.name
        );
        let finding = Finding::new(&mapping_codes::L01_UNKNOWN_FIELD, message)
            .at(place(&mapping.origin))
            .with_help(format!(
                "compare `azureDevOps` of the mapping with the work item types of the project of connection `{}`",
                rule.connection
            ));
        return (None, vec![finding]);
    };
    let live = custom_field::with_declared(config, &rule.connection, live);
    let (compiled, mut found) = CompiledMapping::compile(mapping, Some(&live), &rule.targets());
    if let Some(compiled) = compiled.as_ref() {
        let targets = rule.targets().into_iter();
        for system in targets.filter(|target| rule.may_create(*target)) {
            found.extend(compiled.check_creates(Some(&live), system));
        }
    }
    (compiled, found)
}

/// What the state says beside items and links, and the live type. The servers' clocks are known once they
/// have answered.
async fn known(
    context: &Context<'_>,
    endpoints: &Endpoints,
    work_item_type: Option<Arc<WorkItemType>>,
) -> Result<Known, ReconcileError> {
    let store = context.store;
    Ok(Known {
        parted: store.parted_links(endpoints).await?,
        conflicts: store.open_conflicts(endpoints).await?,
        learned: store.learned(endpoints).await?,
        repetitions: store.repetitions(endpoints).await?,
        clocks: Sides::default(),
        work_item_type,
    })
}

/// What was read for a rule, as the lint rules about items want it.
fn seen<'a>(
    rule: &'a SyncRule,
    (mapping, compiled): (&'a FieldMapping, &'a CompiledMapping),
    connection: &'a Connection,
    observed: &'a Observed,
    pairs: &LinkedPairs,
) -> Seen<'a> {
    let scope = &rule.scope;
    let of_type = |item: &&WorkItem| {
        item.work_item_type
            .eq_ignore_ascii_case(&mapping.work_item_type)
    };
    // A side without a scope is where the counterparts are looked for.
    let cases =
        observed.cases.values().map(Arc::as_ref).filter(|case| {
            scope.testworthy.is_none() || observed.cases_in_scope.contains(&case.id)
        });
    let work_items = observed.work_items.values().map(Arc::as_ref);
    let work_items = work_items.filter(of_type).filter(|item| {
        scope.azure_devops.is_none() || observed.work_items_in_scope.contains(&item.id)
    });
    let cases: Vec<&Case> = cases.collect();
    let work_items: Vec<&WorkItem> = work_items.collect();
    let free_cases = cases.iter().copied();
    let free_items = work_items.iter().copied();
    let linked = cases.iter().filter_map(|case| {
        let item = observed.work_item(pairs.work_item(case.id)?)?;
        Some((*case, item))
    });
    Seen {
        pairs: linked.collect(),
        rule,
        mapping,
        compiled,
        connection,
        free_cases: free_cases
            .filter(|case| pairs.work_item(case.id).is_none())
            .collect(),
        free_work_items: free_items
            .filter(|item| pairs.case(item.id).is_none() && item.markers().is_empty())
            .collect(),
        cases,
        work_items,
    }
}

/// Everything that planning needs, put together. `beside` are observations of rules that are only asked.
pub(super) async fn request<'a>(
    context: &Context<'a>,
    options: &PlanOptions,
    configuration: Configuration<'a>,
    (observations, beside): (&'a [Observation], &'a [Observation]),
    findings: &[Finding],
) -> Result<PlanRequest<'a>, ReconcileError> {
    let last = context.store.last_carried_out_run().await?;
    Ok(PlanRequest {
        inputs: options.inputs.clone(),
        version: env!("CARGO_PKG_VERSION"),
        configuration: configuration.inputs,
        rules: rule_inputs(context, observations).await?,
        beside: rule_inputs(context, beside).await?,
        known_rules: context
            .config
            .rules
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>(),
        limits: context.config.project.safety,
        files: FileCounts {
            now: context.config.files as u64,
            last_apply: last.map(|run| run.files),
        },
        overrides: options.overrides,
        findings: findings
            .iter()
            .map(plan_finding)
            .chain(configuration.findings)
            .collect(),
    })
}

async fn rule_inputs<'a>(
    context: &Context<'a>,
    observations: &'a [Observation],
) -> Result<Vec<RuleInput<'a>>, ReconcileError> {
    let mut rules = Vec::with_capacity(observations.len());
    let now = context.clock.now();
    for observation in observations {
        let Some(connection) = context.config.connections.get(&observation.rule.connection) else {
            continue;
        };
        let intents = context.store.open_intents(&observation.endpoints).await?;
        let quarantine = context.store.quarantine(&observation.endpoints).await?;
        let type_digest = observation.known.type_digest();
        rules.push(RuleInput {
            rule: &observation.rule,
            connection,
            endpoints: observation.endpoints.clone(),
            mapping: &observation.mapping,
            observed: &observation.observed,
            pairs: &observation.pairs,
            links: &observation.links,
            known: &observation.known,
            settling: intents
                .iter()
                .filter(|intent| intent.settles_at > now)
                .flat_map(item_keys)
                .collect(),
            quarantined: quarantine
                .into_iter()
                .filter_map(|entry| {
                    let key: ItemKey = entry.key.parse().ok()?;
                    let fresh = later(entry.at, entry.class.patience()) > now;
                    let holds =
                        fresh && (entry.type_digest.is_none() || entry.type_digest == type_digest);
                    let refusal = Refusal {
                        digests: if holds {
                            entry.payload_digests
                        } else {
                            BTreeSet::new()
                        },
                        class: entry.class,
                        reason: entry.reason,
                    };
                    Some((key, refusal))
                })
                .collect(),
        });
    }
    Ok(rules)
}

/// Both items of an intent wait: whichever of them is the source of a rule.
pub(super) fn item_keys(intent: &Intent) -> Vec<ItemKey> {
    let case = intent.case.map(ItemKey::Case);
    let item = intent.work_item.map(ItemKey::WorkItem);
    case.into_iter().chain(item).collect()
}

fn plan_finding(finding: &Finding) -> PlanFinding {
    PlanFinding {
        code: finding.code.code.to_owned(),
        severity: finding.code.severity.as_str().to_owned(),
        address: String::new(),
        message: match &finding.help {
            Some(help) => format!("{}; {help}", finding.message),
            None => finding.message.clone(),
        },
        origin: finding.location.as_ref().and_then(origin),
    }
}

fn place(origin: &Origin) -> Location {
    Location {
        file: origin.file.clone(),
        place: Place::Line(origin.line),
    }
}

/// Where a finding points, if it knows the line.
fn origin(location: &Location) -> Option<OriginEntry> {
    match location.place {
        Place::Line(line) => Some(OriginEntry {
            file: location.file.clone(),
            line,
        }),
        Place::File | Place::Bytes { .. } | Place::Node { .. } => None,
    }
}
