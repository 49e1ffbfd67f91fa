//! Items as a plan reads them: every row of every pair, on one core and on all.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use accord::model::{Case, WorkItem};

use crate::{clock, rows};

const TIMES: usize = 3;

pub(crate) fn measure(count: u64) {
    let mapping = rows::mapping();
    let pairs: Vec<(Case, WorkItem)> = (1..=count).map(rows::pair).collect();
    let all = |pairs: &[(Case, WorkItem)]| {
        let fields: usize = pairs
            .iter()
            .map(|(case, item)| rows::in_accord(&mapping, black_box(case), black_box(item)))
            .sum();
        assert_eq!(fields, pairs.len() * mapping.rows.len());
    };
    let start = Instant::now();
    let mut cpu = Vec::new();
    let mut wall = Vec::new();
    for _ in 0..TIMES {
        let before = clock::on_core(start);
        let began = Instant::now();
        all(&pairs);
        wall.push(began.elapsed().as_secs_f64());
        cpu.push(clock::on_core(start).saturating_sub(before).as_secs_f64());
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut spread = Vec::new();
    for _ in 0..TIMES {
        let began = Instant::now();
        thread::scope(|scope| {
            for part in pairs.chunks(pairs.len().div_ceil(cores).max(1)) {
                scope.spawn(move || all(part));
            }
        });
        spread.push(began.elapsed().as_secs_f64());
    }
    for times in [&mut cpu, &mut wall, &mut spread] {
        times.sort_by(f64::total_cmp);
    }
    println!(
        "{}",
        serde_json::json!({
            "items": count,
            "rows": mapping.rows.len(),
            "cpu": cpu[TIMES / 2],
            "wall": wall[TIMES / 2],
            "cores": cores,
            "wall_on_all_cores": spread[TIMES / 2],
        })
    );
}
