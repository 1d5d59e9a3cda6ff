//! Random work on tables of every kind and on maps: both must agree at every step.
//!
//! In the tests here several sessions take turns, each on a thread of its own, so that the maps
//! know what each of them must see, and which of two transactions loses. What fails shrinks to a
//! few steps, which are printed. In `threads` the sessions run at the same time.

mod actor;
mod maps;
mod rows;
mod sample;
mod steps;
mod stored;
mod threads;
mod typed;
mod world;

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt::Debug;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRunner};
use wiredtiger::Connection;

use crate::common::temp;
use steps::{Case, case};
use world::{Place, World, open_on_disk};

/// Fewer cases where every step takes longer.
const fn cases(cases: u32) -> u32 {
    if cfg!(feature = "asan") {
        cases / 10
    } else {
        cases
    }
}

/// Runs a test with random cases, and shows the smallest that fails.
fn run<C: Debug>(
    cases: u32,
    case: &impl Strategy<Value = C>,
    test: impl Fn(&C) -> Result<(), Box<dyn Error>>,
) {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 2000,
        // The default one takes longer than the engine does, without optimisation.
        rng_algorithm: RngAlgorithm::XorShift,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(case, |case| {
        test(&case).map_err(|why| TestCaseError::fail(why.to_string()))
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, case)) => panic!("{why}\n{case:?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

/// Databases in memory, each used by some cases with tables of their own: a database costs more
/// than they do.
#[derive(Default)]
struct Databases {
    open: RefCell<Option<Connection>>,
    cases: Cell<u32>,
}

impl Databases {
    /// A database, and the name of the case.
    fn next(&self) -> wiredtiger::Result<(Connection, String)> {
        let number = self.cases.replace(self.cases.get() + 1);
        let mut open = self.open.borrow_mut();
        if number.is_multiple_of(50) {
            *open = None;
        }
        let connection = match &*open {
            Some(connection) => connection.clone(),
            None => Connection::options().open_in_memory()?,
        };
        *open = Some(connection.clone());
        Ok((connection, format!("m{number}")))
    }
}

fn take_turns(case: &Case, mut world: World) -> Result<(), Box<dyn Error>> {
    for (number, step) in case.steps.iter().enumerate() {
        let verdict = world.step(step);
        verdict.map_err(|why| format!("step {number}, {step:?}: {why}"))?;
    }
    Ok(world.check()?)
}

#[test]
fn sessions_in_memory_agree_with_maps() {
    let databases = Databases::default();
    run(cases(3000), &case(false), |case| {
        let (connection, name) = databases.next()?;
        take_turns(
            case,
            World::new(connection, Place::InMemory, name, &case.kinds)?,
        )
    });
}

#[test]
fn sessions_on_disk_agree_with_maps() {
    run(cases(100), &case(true), |case| {
        let (_dir, home) = temp();
        let logged = case.logged;
        let connection = open_on_disk(&home, logged)?;
        let place = Place::OnDisk { home, logged };
        take_turns(
            case,
            World::new(connection, place, "m".into(), &case.kinds)?,
        )
    });
}
