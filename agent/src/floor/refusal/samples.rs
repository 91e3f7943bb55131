//! One of each refusal, for tests: one without a line here does not compile.

use gateway_proto::{name::PlaceName, place::Place, quantity::Quantity};

use super::*;

one_of_each! {
    Refusal:
    Refusal::Importing => Refusal::Importing,
    Refusal::ImportingOther => Refusal::ImportingOther,
    Refusal::NoSubject(Subject::Bin(_)) => Refusal::NoSubject(Subject::Bin(bin())),
    Refusal::NoSubject(Subject::Item(_)) => Refusal::NoSubject(Subject::Item(item())),
    Refusal::NoFact { .. } => Refusal::NoFact { kind: Kind::Operator, name: "0042".to_owned() },
    Refusal::Misread(_) => Refusal::Misread("bin:".parse::<Place>().unwrap_err().into()),
    Refusal::NotABin(_) => Refusal::NotABin("A\t01".to_owned()),
    Refusal::NoScale(_) => Refusal::NoScale(bin()),
    Refusal::NoBin(_) => Refusal::NoBin(bin()),
    Refusal::NoContainer(_) => Refusal::NoContainer(text("KLT-3")),
    Refusal::NoWeight(_) => Refusal::NoWeight("8 g".to_owned()),
    Refusal::Container(ContainerRefusal::NotAtRest) => Refusal::Container(ContainerRefusal::NotAtRest),
    Refusal::Container(ContainerRefusal::Nothing(_)) => Refusal::Container(ContainerRefusal::Nothing(mass())),
    Refusal::Container(ContainerRefusal::Outlier { .. }) => {
        Refusal::Container(ContainerRefusal::Outlier { name: text("KLT-3"), found: mass(), usual: mass() })
    },
    Refusal::Container(ContainerRefusal::Full) => Refusal::Container(ContainerRefusal::Full),
    Refusal::NoCount(_) => Refusal::NoCount(session()),
    Refusal::WhichItem => Refusal::WhichItem,
    Refusal::WhoCounts => Refusal::WhoCounts,
    Refusal::CountedElsewhere { .. } => {
        Refusal::CountedElsewhere { item: item(), place: Place::Bin(bin()), session: session(), by: text("0042") }
    },
    Refusal::NothingToCount => Refusal::NothingToCount,
    Refusal::CountsFull { .. } => Refusal::CountsFull { open: 64 },
    Refusal::CountNotTaken { .. } => {
        Refusal::CountNotTaken { place: Place::Bin(bin()), why: Box::new(Refusal::CountBusy.into()) }
    },
    Refusal::CountBusy => Refusal::CountBusy,
    Refusal::CountGone => Refusal::CountGone,
    Refusal::CountBeforeRestart => Refusal::CountBeforeRestart,
    Refusal::NoStation(_) => Refusal::NoStation("bench".parse().unwrap()),
    Refusal::FormTooLong { .. } => Refusal::FormTooLong { max: 200 },
    Refusal::CountOnItsPage => Refusal::CountOnItsPage,
    Refusal::NothingSaid => Refusal::NothingSaid,
    Refusal::Bin(fusion::Refused::TooMany) => Refusal::Bin(fusion::Refused::TooMany),
    Refusal::Bin(fusion::Refused::Again) => Refusal::Bin(fusion::Refused::Again),
    Refusal::Bin(fusion::Refused::NotHere) => Refusal::Bin(fusion::Refused::NotHere),
    Refusal::Bin(fusion::Refused::NoMovement(_)) => {
        Refusal::Bin(fusion::Refused::NoMovement(MovementError::Nowhere(Place::Dock)))
    },
    Refusal::Movement(MovementError::Forbidden { .. }) => {
        Refusal::Movement(MovementError::Forbidden { from: Place::Used, to: Place::Vendor })
    },
    Refusal::Movement(MovementError::Nowhere(_)) => Refusal::Movement(MovementError::Nowhere(Place::Dock)),
    Refusal::Movement(MovementError::Between { .. }) => {
        Refusal::Movement(MovementError::Between { qty: Quantity::ONE, low: 2, high: 3 })
    },
    Refusal::RecordTooLong { .. } => Refusal::RecordTooLong { len: 70_000 },
    Refusal::RecordUnreadable(_) => Refusal::RecordUnreadable("expected value at line 1".to_owned()),
    Refusal::NoMovement { .. } => Refusal::NoMovement { feed: "acme".parse().unwrap(), seq: Seq(7) },
    Refusal::NothingCame => Refusal::NothingCame,
    Refusal::NoNotice(_) => Refusal::NoNotice(3),
    Refusal::Alarm(NotAcknowledged::NotWatched(_)) => {
        Refusal::Alarm(NotAcknowledged::NotWatched(Subject::Item(item())))
    },
    Refusal::Alarm(NotAcknowledged::NoAlarm(_)) => Refusal::Alarm(NotAcknowledged::NoAlarm(Subject::Bin(bin()))),
    Refusal::Alarm(NotAcknowledged::Already { .. }) => Refusal::Alarm(NotAcknowledged::Already {
        subject: Subject::Bin(bin()),
        by: text("0042"),
        at: gateway_proto::time::WallTime::from_millis(1_790_000_000_000),
    }),
    Refusal::Stopping => Refusal::Stopping,
}

fn bin() -> PlaceName {
    "A-01".parse().unwrap()
}

fn item() -> ItemCode {
    "M8".parse().unwrap()
}

fn text(text: &str) -> Text {
    text.parse().unwrap()
}

fn session() -> SessionId {
    SessionId(text("c-1"))
}

const fn mass() -> crate::device::Mass {
    crate::device::Mass::from_micrograms(8_050_000)
}
