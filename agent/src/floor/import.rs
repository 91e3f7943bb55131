//! Master data: files in, the register changed in one commit, and what was parked under a code explained once it is
//! known.

use std::sync::Arc;

use gateway_proto::{movement::Movement, name::Text, record::Seq};
use serde_json::{Value, json};

use super::{
    Floor,
    moment::Moment,
    order::Caller,
    refusal::Refusal,
    tell::audit,
    work::{Facts, Part, Work},
};
use crate::{
    movement::entry::{Kept, KeptKey, Position, Statement, TakeBack},
    register::{
        Register,
        catalog::UNASSIGNED,
        fact::{Fact, Kind, Origin},
        import::{Import, OnFault},
        parked,
    },
};

/// Parked movements that are explained in one commit: each is two records.
const EXPLAINED_MAX: usize = 250;

/// Whether the ledger has to be asked for what is parked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parked {
    /// Nothing new is known since it was asked last.
    #[default]
    Seen,
    Wanted,
    /// It is being asked, or what it said is being recorded.
    Asked,
    /// The same, and something new became known meanwhile.
    AskedAndWanted,
}

impl Parked {
    pub(super) fn look(&mut self) {
        *self = match self {
            Self::Seen | Self::Wanted => Self::Wanted,
            Self::Asked | Self::AskedAndWanted => Self::AskedAndWanted,
        };
    }

    fn answered(&mut self) {
        *self = match self {
            Self::Asked | Self::Seen => Self::Seen,
            Self::AskedAndWanted | Self::Wanted => Self::Wanted,
        };
    }
}

impl Floor {
    /// Whether the owner should read what is parked and hand it to [`Floor::handle_parked`]. Says so once.
    pub fn wants_parked(&mut self) -> bool {
        // Not while anything is on its way: what is being recorded now would be missed or met twice.
        let is_wanted = self.parked == Parked::Wanted && self.is_idle();
        if is_wanted {
            self.parked = Parked::Asked;
        }
        is_wanted
    }

    /// Takes the movements that stand in the feed of unknown items; what is known by now moves to its own feed.
    pub fn handle_parked(&mut self, now: &Moment, movements: Vec<(Seq, Movement)>) {
        let catalog = self.catalog.clone();
        let explained = movements
            .into_iter()
            .filter_map(|(seq, movement)| Some((seq, parked::explain(&movement, &catalog, &self.labels)?)));
        let explained: Vec<_> = explained.take(EXPLAINED_MAX + 1).collect();
        self.parked.answered();
        if explained.len() > EXPLAINED_MAX {
            self.parked.look();
        }
        let mut work = Work::default();
        for (seq, movement) in explained.into_iter().take(EXPLAINED_MAX) {
            let (at, clock) = (now.wall, now.clock.clone());
            let by = movement.by.clone();
            let of = Position { feed: UNASSIGNED.parse().expect("a valid name"), life: None, seq };
            let back = TakeBack { at, clock, by, actor: None, of };
            // Its places may not suit the item any more; then it stays parked.
            let Ok(statement) = Statement::movement(movement) else { continue };
            work.push(Statement::TakeBack(Box::new(back)), Part::Back);
            work.push(statement, Part::Explained { seq });
        }
        self.submit(work);
    }

    /// Takes a file of master data, or only says what it would change.
    #[expect(clippy::too_many_arguments, reason = "a command's fields, and who gives it")]
    pub(super) fn import(
        &mut self,
        now: &Moment,
        caller: Caller,
        kind: Kind,
        csv: &str,
        dry_run: bool,
        on_fault: OnFault,
        by: Option<&Text>,
    ) {
        if self.next_register.is_some() {
            return self.done_at_once(caller, Err(Refusal::ImportingOther));
        }
        let import = Import::read(kind, csv.as_bytes(), &self.register);
        let (added, changed) = import.added_and_changed();
        let mut report = json!({
            "kind": kind.plural(), "form": import.form, "added": added, "changed": changed, "unchanged": import.unchanged,
            "bad_rows": import.bad_rows, "faults": import.faults, "faults_more": import.faults_more,
            "changes": import.changes.iter().map(|change| json!({
                "line": change.line, "name": change.name, "act": change.act,
            })).collect::<Vec<_>>(),
            "taken": false,
        });
        let facts: Vec<Fact> = match import.facts(on_fault) {
            Ok(facts) if !dry_run => facts.cloned().collect(),
            Ok(_) | Err(_) => return self.done_with(caller, report),
        };
        report["taken"] = Value::Bool(true);
        let detail = format!("{added} added, {changed} changed");
        self.adopt(now, caller, &facts, report, by.map(|by| (by, format!("import {}", kind.plural()), detail)));
    }

    /// Takes a fact out of the master data.
    pub(super) fn remove(&mut self, now: &Moment, caller: Caller, kind: Kind, name: &str, by: Option<&Text>) {
        if self.next_register.is_some() {
            return self.done_at_once(caller, Err(Refusal::Importing));
        }
        let mut next = Register::clone(&self.register);
        match next.remove(kind, name) {
            Ok(Some(_)) => {
                let mut work = Work::of(Statement::Forget(KeptKey::new(kind.name(), name)), Part::Facts(Facts::Plain));
                self.adopt_register(next, &mut work);
                if let Some(by) = by {
                    audit(&mut work, now, by, &format!("remove {kind}"), name.to_owned());
                }
                self.command_work(caller, json!({ "removed": name }), work);
            }
            Ok(None) => self.done_at_once(caller, Err(Refusal::NoFact { kind, name: name.to_owned() })),
            Err(refused) => self.done_at_once(caller, Err(refused)),
        }
    }

    fn adopt(
        &mut self,
        now: &Moment,
        caller: Caller,
        facts: &[Fact],
        report: Value,
        said: Option<(&Text, String, String)>,
    ) {
        let mut work = Work::default();
        self.tell_register(facts, &mut work);
        if work.statements.is_empty() {
            return self.done_with(caller, report);
        }
        if let Some((by, act, detail)) = said {
            audit(&mut work, now, by, &act, detail);
        }
        self.command_work(caller, report, work);
    }

    /// Puts facts into the register with what else is in `work`. They hold from its commit on.
    pub(super) fn tell_register(&mut self, facts: &[Fact], work: &mut Work) {
        let mut next = Register::clone(self.next_register.as_ref().unwrap_or(&self.register));
        let mut is_changed = false;
        for fact in facts {
            let text = serde_json::to_string(fact).expect("a fact is plain data");
            let key = KeptKey::new(fact.kind().name(), fact.name());
            // The register decides anew: the plan was made on what it was then.
            if next.apply(fact.clone(), Origin::Imported).is_ok() {
                is_changed = true;
                work.push(Statement::Keep(Kept { key, text }), Part::Facts(Facts::Plain));
            }
        }
        if is_changed {
            self.adopt_register(next, work);
        }
    }

    fn adopt_register(&mut self, next: Register, work: &mut Work) {
        let next = Arc::new(next);
        work.push(Statement::Adopt(Arc::new(next.catalog())), Part::Facts(Facts::Register(next.clone())));
        self.next_register = Some(next);
    }

    pub(super) fn register_committed(&mut self, now: &Moment, register: &Arc<Register>) {
        self.register = register.clone();
        self.changed.everything = true;
        self.register_failed(register);
        self.catalog = Arc::new(self.register.catalog());
        self.parked.look();
        let bins: Vec<_> = self.weighed.keys().cloned().collect();
        for bin in bins {
            let Some(weighed) = self.weighed.get_mut(&bin) else { continue };
            // A calibration that was not begun in earnest starts from what is written now; not one that is being recorded.
            let known = weighed.calibration.history.last();
            weighed
                .procedure
                .take_if(|procedure| procedure.sampled().is_none() && procedure.calibration().history.last() == known);
            let was = weighed.ground.item().cloned();
            let is_other = self.register.bin(bin.as_str()).map(|bin| &bin.item) != was.as_ref();
            let (waiting, was_measured) =
                if is_other && was.is_some() { weighed.forget_item() } else { (Vec::new(), false) };
            let is_anew = weighed.refresh(&bin, &self.register);
            if was_measured {
                let text = serde_json::to_string(&weighed.calibration).expect("a calibration is plain data");
                let kept = Kept { key: KeptKey::new("calibration", bin.as_str()), text };
                self.submit(Work::of(Statement::Keep(kept), Part::Facts(Facts::Plain)));
            }
            let held = self.held_at(&bin);
            if is_anew && let Some(weighed) = self.weighed.get_mut(&bin) {
                weighed.begin_from(now.elapsed, held);
            }
            for said in waiting {
                self.wait_elsewhere(now, &bin, said);
            }
            self.level_changed(now, &bin);
            self.show_doubt(now, &bin);
        }
        self.renew_watches(now);
    }

    /// The newest is no longer on its way.
    pub(super) fn register_failed(&mut self, register: &Arc<Register>) {
        if self.next_register.as_ref().is_some_and(|next| Arc::ptr_eq(next, register)) {
            self.next_register = None;
        }
    }
}
