//! How things stand, for people and machines: what the local API answers.

use std::collections::BTreeMap;

use gateway_proto::{name::PlaceName, place::Place};
use serde_json::{Value, json};

use super::work::{Facts, Part, Work};
use super::{
    Floor,
    command::{Command, Look},
    moment::Moment,
    notice::Notice,
    order::{Caller, Order, Reply},
    refusal::Refusal,
    why::Why,
};
use crate::{
    movement::{
        entry::{Position, Statement, TakeBack},
        rules::{State, Subject},
        weighing::Doubt,
    },
    register::{
        export,
        fact::{Fact, Kind},
        import::OnFault,
    },
};

impl Floor {
    /// Takes a command; the reply comes once what it changes is durable.
    pub fn handle_command(&mut self, now: &Moment, caller: Caller, command: Command) {
        match command {
            Command::Undo { feed, seq, by } => {
                let device = "page".parse().expect("a valid name");
                let of = Position { feed, life: None, seq };
                let back = TakeBack { at: now.wall, clock: now.clock.clone(), by: device, actor: by, of };
                let work = Work::of(Statement::TakeBack(Box::new(back)), Part::Back);
                self.command_work(caller, json!({ "taken_back": seq }), work);
            }
            Command::UndoAct { act, by } => self.undo_act(now, caller, act, by.as_ref()),
            Command::Calibrate { bin, by, step } => self.calibrate(now, caller, &bin, &by, step),
            Command::WeighContainer { name, bin } => self.weigh_container(caller, &name, &bin),
            Command::Count { by, step } => self.count(now, caller, &by, step),
            Command::Import { kind, csv, dry_run, skip_bad, by } => {
                let on_fault = if skip_bad { OnFault::SkipBad } else { OnFault::TakeNone };
                self.import(now, caller, kind, &csv, dry_run, on_fault, by.as_ref());
            }
            Command::Remove { kind, name, by } => self.remove(now, caller, kind, &name, by.as_ref()),
            Command::Tell { fact, by } => self.tell(now, caller, &fact, &by),
            Command::Bounds { subject, min, max, why, by } => {
                self.set_bounds(now, caller, &subject, [min, max], (why, by));
            }
            Command::NoteLoss { feed, lost, by } => self.note_loss(now, caller, &feed, lost, &by),
            Command::Acknowledge { subject, by } => self.acknowledge(now, caller, &subject, by),
            Command::Dismiss { notice } => self.dismiss(caller, notice),
        }
        self.finish(now);
    }

    /// Answers a question.
    ///
    /// # Errors
    /// What is wrong and the way out, for people.
    pub fn look(&self, now: &Moment, look: &Look) -> Result<Value, Refusal> {
        Ok(match look {
            Look::Bins => self.bins(now),
            Look::Stations => self.stations(),
            Look::Alarms => self.alarms(),
            Look::Notices => json!(self.notices),
            Look::Containers => json!(self.containers),
            Look::Counts => self
                .sessions()
                .map(|session| {
                    json!({ "session": session.id(), "state": session.state(), "opened": session.opened(),
                        "by": session.by(), "lines": session.lines().len() })
                })
                .collect(),
            Look::Count { session, by, review } => {
                let known = self.session_of_count(session).ok_or_else(|| Refusal::NoCount(session.clone()))?;
                match (review, by) {
                    (true, _) => json!(known.review_view()),
                    (false, Some(by)) => json!(known.counter_view(by)),
                    (false, None) => return Err(Refusal::WhoCounts),
                }
            }
            Look::Due => self
                .due(now)
                .iter()
                .map(|due| {
                    json!({ "item": due.item, "place": due.place, "class": due.class,
                        "why": due.why.iter().map(ToString::to_string).collect::<Vec<_>>() })
                })
                .collect(),
            Look::Accuracy => self.accuracy(),
            Look::Export { kind } => {
                Value::String(String::from_utf8_lossy(&export::export(*kind, &self.register)).into_owned())
            }
            Look::Parked => self.parked_codes(),
        })
    }

    /// Replies to a command once `work` is recorded.
    pub(super) fn command_work(&mut self, caller: Caller, value: Value, mut work: Work) {
        if work.statements.is_empty() {
            return self.done_with(caller, value);
        }
        self.commanders.insert(caller, value);
        work.caller = Some(caller);
        self.submit(work);
    }

    fn dismiss(&mut self, caller: Caller, id: u64) {
        let Some(at) = self.notices.iter().position(|notice| notice.id == id) else {
            return self.done_at_once(caller, Err(Refusal::NoNotice(id)));
        };
        let Some(notice) = self.notices.remove(at) else { return };
        let key = crate::movement::entry::KeptKey::new("notice", id.to_string());
        let work = Work::of(Statement::Forget(key), Part::Facts(Facts::Dismissed(Box::new(notice))));
        self.command_work(caller, json!({ "dismissed": id }), work);
    }

    /// That it was seen could not be recorded.
    pub(super) fn notice_stays(&mut self, notice: &Notice) {
        let at = self.notices.partition_point(|other| other.id < notice.id);
        self.notices.insert(at, notice.clone());
    }

    fn bins(&self, now: &Moment) -> Value {
        let states: BTreeMap<&PlaceName, State> = self
            .rules
            .iter()
            .filter_map(|(watch, state, ..)| match watch.subject() {
                Subject::Bin(bin) => Some((bin, state)),
                Subject::Item(_) => None,
            })
            .collect();
        let bins = self.register.facts(Kind::Bin).filter_map(|(fact, _)| match fact {
            Fact::Bin(bin) => Some(bin),
            Fact::Item(_)
            | Fact::Alias(_)
            | Fact::Container(_)
            | Fact::Operator(_)
            | Fact::Asset(_)
            | Fact::Shipment(_) => None,
        });
        let described = bins.map(|bin| {
            let place = Place::Bin(bin.name.clone());
            let weighed = self.weighed.get(&bin.name);
            let mut view = json!({
                "bin": bin.name, "item": bin.item, "held": self.stock.held(&bin.item, &place),
                "min": bin.min, "max": bin.max, "state": states.get(&bin.name),
            });
            if let Some(weighed) = weighed {
                let unknown = weighed.unknown_since.map(|since| now.elapsed.saturating_sub(since).as_secs());
                view["scale"] = json!(weighed.scale);
                view["shows"] = json!(weighed.still.shows().map(|mass| mass.to_string()));
                view["counted"] = json!(weighed.counted());
                view["unknown_for_seconds"] = json!(unknown);
                view["remedy"] = json!(weighed.remedy(&bin.name));
                view["reservation"] = json!(weighed.meter.doubt().is_some_and(|doubt: Doubt| !doubt.is_unknown()));
                view["waiting"] = weighed.fusion.acts().map(|said| json!(said)).collect();
            }
            view
        });
        // A scale whose bin nobody has imported yet.
        let strange = self.weighed.iter().filter(|(name, _)| self.register.bin(name.as_str()).is_none());
        let strange = strange.map(|(name, weighed)| {
            json!({ "bin": name, "scale": weighed.scale, "shows": weighed.still.shows().map(|mass| mass.to_string()),
                    "remedy": weighed.remedy(name) })
        });
        described.chain(strange).collect()
    }

    fn stations(&self) -> Value {
        let desks = self.desks.iter().map(|(name, desk)| {
            json!({ "station": name, "operator": desk.session.operator(), "expecting": desk.session.expecting() })
        });
        desks.collect()
    }

    fn alarms(&self) -> Value {
        let open = self.rules.iter().filter(|(_, state, ..)| *state != State::Fine);
        let alarms = open.map(|(watch, state, life, standing)| {
            json!({ "subject": watch.subject(), "item": watch.item(), "state": state, "life": life,
                    "on_hand": standing.map(|standing| standing.on_hand),
                    "position": standing.map(crate::movement::rules::Standing::position),
                    "min": watch.bounds().min, "max": watch.bounds().max })
        });
        alarms.collect()
    }

    /// Items in the books that nobody listed, with what the books hold.
    fn parked_codes(&self) -> Value {
        // Each is there twice: with minus where it came from.
        let unknown = self.stock.iter().filter(|(item, _, units)| self.catalog.feed(item).is_none() && *units > 0);
        unknown.map(|(item, place, units)| json!({ "code": item, "place": place, "units": units })).collect()
    }

    /// Replies to a question, in the order of everything else.
    pub fn handle_look(&mut self, now: &Moment, caller: Caller, look: &Look) {
        let came = self.look(now, look).map_err(Why::from);
        self.orders.push_back(Order::Reply { caller, reply: Reply::Done(came) });
    }
}
