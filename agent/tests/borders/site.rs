//! A site whose floor is asked: its file, its stock, and a ledger that is only a fold.

use std::{path::Path, sync::LazyLock, time::Duration};

use agent::{
    config::{Config, Reports},
    floor::{
        Books, Floor, KeptFact, Setup, Watching,
        moment::Moment,
        order::{NotRecorded, Order, Reply, Unwritten, UnwrittenCause},
        refusal::Refusal,
    },
    movement::{
        entry::{Entry, Kept, Outcome, Statement},
        fusion::Attendance,
    },
    register::{
        Register,
        fact::{Kind, Origin},
        import::{Import, OnFault},
    },
};
use gateway_proto::time::WallTime;

pub(crate) const FILE: &str = r#"
[site]
name = "plant-7"
state_dir = "state"

[[feed]]
name = "acme"
hub = "https://hub.example"
token = "t"

[[feed]]
name = "boltco"
hub = "https://hub.example:8443/x"
token = "u"

[[item]]
code = "M8"
feed = "acme"
codes = ["4006381333931"]
piece_weight_g = 5

[[item]]
code = "NUT"
feed = "boltco"

[[bin]]
name = "A"
item = "M8"
tare_g = 0
min = 20
max = 100

[[bin]]
name = "C"
item = "NUT"

[[station]]
name = "desk"
place = "dock"

[[station]]
name = "bench"
place = "bin:A"

[[scale]]
name = "scale-a"
bin = "A"
port = "/dev/ttyS1"

[[label]]
kind = "bin"
pattern = "BIN-(?<value>[A-Z]+)"
"#;

pub(crate) fn register() -> Register {
    let mut register = Config::parse(FILE, Path::new("/nowhere/site.toml")).unwrap().register;
    for (kind, csv) in [
        (
            Kind::Item,
            "code,feed,piece_weight_g,site_min,site_max\nP1,acme,,1,9\nP2,boltco,12.5,,\n\"=X,\"\"1\",acme,,,\n",
        ),
        (Kind::Code, "code,item,namespace,factor,unit\nBOX-P1,P1,vendor,12,BX\n14006381333938,M8,gtin,100,BX\n"),
        (Kind::Container, "name,tare_g,spread_g\nKLT,570,4.5\n"),
        (Kind::Bin, "name,item,container,capacity,min,max\nP-01,P1,KLT,10,1,4\nP-02,P2,,,,\n"),
        (Kind::Operator, "badge,name,role\n0042,Ann,technician\n0007,Bo,storekeeper\n"),
        (Kind::Asset, "name,description\nPUMP-17,Coolant\n"),
        (Kind::Shipment, "sscc,order,line,item,qty,lot\n340123451111111111,PO-1,10,P1,3,L1\n,PO-2,10,P2,7,\n"),
    ] {
        let import = Import::read(kind, csv.as_bytes(), &register);
        for fact in import.facts(OnFault::TakeNone).unwrap_or_else(|why| panic!("{why}: {import}")) {
            register.apply(fact.clone(), Origin::Imported).unwrap();
        }
    }
    register
}

fn setup() -> Setup {
    let config = Config::parse(FILE, Path::new("/nowhere/site.toml")).unwrap();
    assert!(config.sensors.iter().all(|sensor| matches!(sensor.reports, Reports::Station(_))));
    let watching = |scale: &agent::config::ScaleConfig| Watching {
        scale: scale.name.clone(),
        bin: scale.bin.clone(),
        settle_readings: 1,
        attendance: Attendance::Scanned,
    };
    Setup {
        register: register(),
        labels: config.labels.clone(),
        stations: config.stations.clone(),
        scales: config.scales.iter().map(watching).collect(),
        caution: config.alarms.caution,
    }
}

pub(crate) fn moment(elapsed: Duration) -> Moment {
    let wall = 1_790_000_000_000 + i64::try_from(elapsed.as_millis()).unwrap();
    Moment { elapsed, wall: WallTime::from_millis(wall), clock: None }
}

/// What a floor ordered, answered at once.
#[derive(Default)]
pub(crate) struct Answered {
    pub(crate) replies: Vec<(u64, Reply)>,
    /// Facts that a commit would have kept.
    pub(crate) kept: Vec<Kept>,
    pub(crate) recorded: u64,
}

/// Answers everything that the floor orders. `commit` decides on each entry; what moves nothing can be committed without a
/// ledger, what moves something is refused.
pub(crate) fn carry_out(floor: &mut Floor, now: &Moment, answered: &mut Answered, mut fails: impl FnMut() -> bool) {
    // Bounded: a floor that orders for ever would be a fault of its own.
    for _ in 0..10_000 {
        let Some(order) = floor.poll() else { return };
        match order {
            Order::Record { ticket, entry } => {
                let answer = if fails() {
                    Err(NotRecorded::Failed(Unwritten {
                        words: "the disk is full".to_owned(),
                        cause: UnwrittenCause::Closed,
                    }))
                } else {
                    commit(entry, answered)
                };
                floor.handle_commit(now, ticket, answer);
            }
            Order::Reply { caller, reply } => answered.replies.push((caller.0, reply)),
            Order::Doubt { .. } | Order::Recorded(_) | Order::Notice(_) | Order::Alarm(_) => {}
        }
    }
    panic!("the floor orders without end");
}

fn commit(entry: Entry, answered: &mut Answered) -> Result<Outcome, NotRecorded> {
    let moves = |statement: &Statement| match statement {
        Statement::Adopt(_) | Statement::Keep(_) | Statement::Forget(_) | Statement::Audit(_) => false,
        Statement::Movement { .. }
        | Statement::Level(_)
        | Statement::TakeBack(_)
        | Statement::Claim(_)
        | Statement::Posting(_) => true,
    };
    if entry.statements.iter().any(moves) {
        return Err(NotRecorded::Refused(Refusal::NothingCame));
    }
    answered.recorded += 1;
    for statement in entry.statements {
        if let Statement::Keep(kept) = statement {
            answered.kept.push(kept);
        }
    }
    Ok(Outcome::Recorded(Vec::new()))
}

pub(crate) fn floor(kept: Vec<KeptFact>, now: &Moment) -> Floor {
    static SETUP: LazyLock<Setup> = LazyLock::new(setup);
    Floor::new(SETUP.clone(), kept, Books::default(), now)
}
