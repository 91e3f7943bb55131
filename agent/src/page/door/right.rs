//! What a role may do through the page. Scanning at a station needs none of this.

use crate::register::operator::Role;

/// Something that not everybody may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Right {
    /// Take, test, deploy, install, return, scrap, undo, calibrate.
    Use,
    /// Receive, put away, transfer, count.
    Store,
    /// See the manager's pages.
    Read,
    /// Bounds, vendors, set-aside records, import, approvals.
    Manage,
    /// Operators, their roles and PINs.
    Grant,
}

impl Right {
    #[cfg(test)]
    pub(super) const ALL: [Self; 5] = [Self::Use, Self::Store, Self::Read, Self::Manage, Self::Grant];

    pub(crate) const fn is_of(self, role: Role) -> bool {
        match role {
            Role::Technician => matches!(self, Self::Use),
            Role::Storekeeper => matches!(self, Self::Use | Self::Store),
            Role::PartsManager => true,
            Role::Auditor => matches!(self, Self::Read),
            Role::Admin => matches!(self, Self::Read | Self::Grant),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::row::Word;

    #[test]
    fn each_role_opens_what_it_is_for_and_nothing_else() {
        let opened =
            |role: Role| Right::ALL.map(|right| if right.is_of(role) { 'x' } else { '.' }).iter().collect::<String>();
        let table: Vec<(&str, String)> = Role::ALL.iter().map(|role| (role.word(), opened(*role))).collect();
        // use, store, read, manage, grant
        let expect = [
            ("technician", "x...."),
            ("storekeeper", "xx..."),
            ("parts-manager", "xxxxx"),
            ("auditor", "..x.."),
            ("admin", "..x.x"),
        ];
        assert_eq!(table, expect.map(|(role, rights)| (role, rights.to_owned())));
    }
}
