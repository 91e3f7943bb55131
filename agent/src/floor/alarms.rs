//! Alarms: how bins and items stand, held against their bounds after every change.

use gateway_proto::name::{ItemCode, PlaceName};
use serde_json::json;

use super::{
    Floor,
    moment::Moment,
    order::{Caller, Order},
    refusal::Refusal,
    weighed::Weighed,
    work::{Facts, Part, Work},
};
use crate::{
    movement::{
        entry::{Kept, KeptKey, Statement},
        rules::{Alarm, Bounds, Caution, Knowledge, Outcome, Rules, Standing, Subject, Watch},
    },
    register::{
        Register,
        fact::{Fact, Kind},
    },
};

/// Alarms on their way into the ledger, oldest first: nobody hears of one before its commit.
#[derive(Debug, Default)]
pub(super) struct Told {
    waiting: std::collections::VecDeque<Vec<Alarm>>,
}

/// What the register gives bounds to. Bounds that cannot be kept were refused when they were told.
pub(super) fn watches(register: &Register, caution: Caution) -> Vec<Watch> {
    let bounds = |min, max| Bounds { min, max, caution, ..Bounds::default() };
    let mut watches = Vec::new();
    for (fact, _) in register.facts(Kind::Bin).chain(register.facts(Kind::Item)) {
        match fact {
            Fact::Bin(bin) if bin.min.is_some() || bin.max.is_some() => {
                watches.extend(Watch::bin(bin.name, bin.item, bounds(bin.min, bin.max)).ok());
            }
            Fact::Item(item) if item.site_min.is_some() || item.site_max.is_some() => {
                watches.extend(Watch::item_on_site(item.code, bounds(item.site_min, item.site_max)).ok());
            }
            Fact::Item(_)
            | Fact::Alias(_)
            | Fact::Container(_)
            | Fact::Bin(_)
            | Fact::Operator(_)
            | Fact::Asset(_)
            | Fact::Shipment(_) => {}
        }
    }
    watches
}

impl Floor {
    /// Looks at what has changed since it was looked at last.
    pub(super) fn look_at_alarms(&mut self, now: &Moment) {
        let bins = std::mem::take(&mut self.stale_bins).into_iter().map(Subject::Bin);
        let items = std::mem::take(&mut self.stale_items).into_iter().map(Subject::Item);
        let (mut alarms, mut kept) = (Vec::new(), Vec::new());
        for subject in bins.chain(items) {
            let Some(standing) = self.standing(&subject) else { continue };
            match self.rules.handle(now.elapsed, now.wall, &subject, standing) {
                Outcome::Same => {}
                Outcome::Keep => {
                    self.state_changed(&subject);
                    kept.push(subject);
                }
                Outcome::Alarm(alarm) => {
                    self.state_changed(&subject);
                    kept.push(subject);
                    alarms.push(*alarm);
                }
            }
        }
        self.keep_alarms(now, kept, alarms, None);
    }

    /// After a start or a change of what is watched everything is looked at once.
    pub(super) fn look_at_all_alarms(&mut self, now: &Moment) {
        let subjects: Vec<Subject> = self.rules.iter().map(|(watch, ..)| watch.subject().clone()).collect();
        for subject in subjects {
            match subject {
                Subject::Bin(bin) => drop(self.stale_bins.insert(bin)),
                Subject::Item(item) => drop(self.stale_items.insert(item)),
            }
        }
        self.look_at_alarms(now);
    }

    pub(super) fn tick_alarms(&mut self, now: &Moment) {
        if self.rules.next_tick().is_some_and(|at| at <= now.elapsed) {
            let alarms = self.rules.tick(now.elapsed, now.wall);
            let subjects: Vec<Subject> = alarms.iter().map(|alarm| alarm.subject.clone()).collect();
            subjects.iter().for_each(|subject| self.state_changed(subject));
            self.keep_alarms(now, subjects, alarms, None);
        }
    }

    fn state_changed(&mut self, subject: &Subject) {
        if let Subject::Bin(bin) = subject {
            self.changed.bins.insert(bin.clone());
        }
    }

    pub(super) fn renew_watches(&mut self, now: &Moment) {
        let snapshot = self.rules.snapshot(now.elapsed);
        self.rules = Rules::new(watches(&self.register, self.caution), snapshot, now.elapsed);
        self.look_at_all_alarms(now);
    }

    pub(super) fn acknowledge(
        &mut self,
        now: &Moment,
        caller: Caller,
        subject: &Subject,
        by: gateway_proto::name::Text,
    ) {
        match self.rules.acknowledge(now.wall, subject, by) {
            Ok(()) => self.keep_alarms(now, vec![subject.clone()], Vec::new(), Some(caller)),
            Err(why) => self.done_at_once(caller, Err(Refusal::Alarm(why))),
        }
    }

    fn keep_alarms(&mut self, now: &Moment, subjects: Vec<Subject>, alarms: Vec<Alarm>, caller: Option<Caller>) {
        let mut work = Work::default();
        for subject in subjects {
            let Some(kept) = self.rules.kept(now.elapsed, &subject) else { continue };
            let text = serde_json::to_string(&kept).expect("a state is plain data");
            let key = KeptKey::new("alarm", subject.to_string());
            work.push(Statement::Keep(Kept { key, text }), Part::Facts(Facts::Plain));
        }
        if let Some(last) = alarms.last() {
            let kept = Kept { key: KeptKey::new("last-alarm", ""), text: last.id.to_string() };
            work.push(Statement::Keep(kept), Part::Facts(Facts::Plain));
            for alarm in &alarms {
                let text = serde_json::to_string(alarm).expect("an alarm is plain data");
                let key = KeptKey::new("alarm-told", format!("{:020}", alarm.id));
                work.push(Statement::Keep(Kept { key, text }), Part::Facts(Facts::Plain));
            }
            work.push(Statement::Forget(KeptKey::new("alarm-told", "")), Part::Facts(Facts::Alarms));
            self.alarms.waiting.push_back(alarms);
        }
        match caller {
            Some(caller) => self.command_work(caller, json!({ "acknowledged": true }), work),
            None => self.submit(work),
        }
    }

    pub(super) fn alarms_committed(&mut self) {
        let alarms = self.alarms.waiting.pop_front().unwrap_or_default();
        self.orders.extend(alarms.into_iter().map(|alarm| Order::Alarm(Box::new(alarm))));
    }

    /// The state has changed all the same: the alarm is told, though a restart might tell it again.
    pub(super) fn alarms_failed(&mut self) {
        self.alarms_committed();
    }

    fn standing(&self, subject: &Subject) -> Option<Standing> {
        match subject {
            Subject::Bin(bin) => self.bin_standing(bin),
            Subject::Item(item) => Some(self.item_standing(item)),
        }
    }

    fn bin_standing(&self, name: &PlaceName) -> Option<Standing> {
        let bin = self.register.bin(name.as_str())?;
        let place = gateway_proto::place::Place::Bin(name.clone());
        let weighed = self.weighed.get(name);
        let unknown = weighed.and_then(|weighed| {
            let since = weighed.unknown_since?;
            Some(Knowledge::Unknown { since, why: weighed.remedy(name).unwrap_or_default() })
        });
        let held = self.stock.held(&bin.item, &place);
        if held.is_none() && weighed.is_some_and(|weighed| weighed.counted().is_some()) {
            // Its first count is on its way into the books; until then they say nothing, which is not zero.
            return None;
        }
        Some(Standing {
            on_hand: held.unwrap_or(0),
            // What is on order comes to the site, not to a bin.
            on_order: 0,
            allocated: 0,
            counted: weighed.and_then(Weighed::counted),
            known: unknown.unwrap_or(Knowledge::Known),
        })
    }

    fn item_standing(&self, item: &ItemCode) -> Standing {
        let on_order = self.register.facts(Kind::Shipment).filter_map(|(fact, _)| match fact {
            Fact::Shipment(line) if line.item == *item => Some(line),
            Fact::Shipment(_)
            | Fact::Item(_)
            | Fact::Alias(_)
            | Fact::Container(_)
            | Fact::Bin(_)
            | Fact::Operator(_)
            | Fact::Asset(_) => None,
        });
        let open = on_order.filter(|line| line.state == crate::register::shipment::ShipmentState::Open);
        Standing {
            on_hand: self.stock.usable(item),
            on_order: open.map(|line| line.qty.units()).sum(),
            allocated: 0,
            counted: None,
            known: Knowledge::Known,
        }
    }
}
