//! A TestWorthy that offers nothing but the documented calls: nothing is ever put away on the strength of
//! what it cannot say, and the plan says why.

use accord::plan::safety::Overrides;

use crate::faults::Process;
use crate::run::{Ended, Setting, Simulation, Way, block_on, simulate};
use crate::testworthy::Offered;

const SEEDS: u64 = 150;

fn documented(seed: u64) -> Setting {
    Setting {
        documented_only: true,
        ..Setting::seed(seed)
    }
}

#[test]
fn nothing_is_put_away_where_nothing_confirms_a_deletion() {
    for seed in 0..SEEDS {
        let outcome = simulate(documented(seed));
        crate::assert_sound(seed, &outcome);
        assert_eq!(outcome.tally.retired, 0, "{}", outcome.trace.join("\n"));
    }
}

/// A case is deleted, the policy says that its work item goes too, and nobody can confirm the deletion.
#[test]
fn a_case_that_is_only_missing_keeps_its_work_item_and_the_plan_says_why() {
    for (offered, is_put_away) in [(Offered::DOCUMENTED, false), (Offered::ALL, true)] {
        let setting = Setting::seed(1);
        block_on(async {
            let mut simulation = Simulation::calm(setting, "recycle");
            simulation.world.lock().testworthy.offered = offered;
            let (gone, other) = {
                let mut sim = simulation.world.lock();
                let suite = crate::testworthy::SUITES[0];
                (sim.new_case(suite), sim.new_case(suite))
            };
            let made = run(&mut simulation).await;
            assert_eq!(made.planned.plan.summary.create, 2);
            simulation.world.lock().remove_case(gone);
            let before = simulation.world.lock().testworthy.case(other).cloned();
            let mut told = Vec::new();
            // Twice: an absence counts once two complete listings agree.
            for _ in 0..2 {
                let plan = run(&mut simulation).await.planned.plan;
                told.extend(plan.findings.into_iter().map(|finding| finding.message));
                simulation.world.lock().pass(3_600_000);
            }
            let sim = simulation.world.lock();
            let retired = !sim.azure_devops.retired.is_empty();
            assert_eq!(retired, is_put_away, "{}", sim.trace.join("\n"));
            assert_eq!(before.as_ref(), sim.testworthy.case(other));
            if !is_put_away {
                let names = |line: &String| line.contains(&gone.to_string());
                assert!(told.iter().any(names), "nobody was told why: {told:?}");
            }
        });
    }
}

async fn run(simulation: &mut Simulation) -> accord::reconcile::PlanOutcome {
    let process = Process::new(None, None);
    match simulation
        .run(&process, Overrides::default(), Way::Whole)
        .await
    {
        Ended::Done(done) => done.0,
        Ended::Killed | Ended::Blocked | Ended::Nothing | Ended::Failed(_) => {
            panic!("{}", simulation.world.lock().trace.join("\n"))
        }
    }
}
