//! Sparkplug topics: `spBv1.0/<group>/<type>/<node>[/<device>]`, and the hosts' own `STATE` topics.
//!
//! Owns the topic scheme in both directions, and the names in it: an id made of site configuration must not hold a
//! wildcard or a slash, or it would follow nodes that nobody named. Must not know payloads. The source is the Sparkplug
//! specification 3.0, chapter 4; hosts before 3.0 published `STATE/<host>`.

use std::fmt;

/// Version B of the payload; the only one there is since 2016.
const NAMESPACE: &str = "spBv1.0";
const STATE: &str = "STATE";
/// Longer than any id in use; a topic has at most 65,535 bytes.
const ID_LEN_MAX: usize = 256;

/// What a topic says about the message on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic<'t> {
    /// To or from an edge node.
    Message { kind: MessageKind, group: &'t str, node: &'t str, device: Option<&'t str> },
    /// Whether a host application is there.
    State { host: &'t str },
}

/// The types of messages of edge nodes and of the devices behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    NodeBirth,
    NodeDeath,
    NodeData,
    NodeCommand,
    DeviceBirth,
    DeviceDeath,
    DeviceData,
    DeviceCommand,
}

/// Why a topic is not Sparkplug's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    #[error("topic does not begin with {NAMESPACE}")]
    Namespace,
    #[error("topic is not {NAMESPACE}/<group>/<type>/<node>[/<device>] or {NAMESPACE}/{STATE}/<host>")]
    Levels,
    #[error("topic names an unknown type of message")]
    Kind,
    #[error("topic of a device's message names no device")]
    NoDevice,
}

/// Why a text is no id of a group, node, device or host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("id is empty")]
    Empty,
    #[error("id holds one of + # /")]
    Reserved,
    #[error("id holds a control character")]
    Control,
    #[error("id is longer than {ID_LEN_MAX} bytes")]
    TooLong,
}

/// An edge node by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    group: String,
    node: String,
}

/// What has metrics: an edge node itself, or a device behind it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    pub node: NodeId,
    pub device: Option<String>,
}

impl<'t> Topic<'t> {
    /// # Errors
    /// The first rule that `topic` breaks, from the left.
    pub fn parse(topic: &'t str) -> Result<Self, TopicError> {
        let (namespace, rest) = topic.split_once('/').unwrap_or((topic, ""));
        let levels: Vec<&str> = rest.split('/').take(5).collect();
        match (namespace, levels.as_slice()) {
            (STATE, [host]) | (NAMESPACE, [STATE, host]) if !host.is_empty() => Ok(Self::State { host }),
            (NAMESPACE, [group, kind, node, device @ ..]) => Self::message(group, kind, node, device),
            (STATE | NAMESPACE, _) => Err(TopicError::Levels),
            _ => Err(TopicError::Namespace),
        }
    }

    fn message(group: &'t str, kind: &str, node: &'t str, device: &[&'t str]) -> Result<Self, TopicError> {
        if group.is_empty() || node.is_empty() || device.len() > 1 {
            return Err(TopicError::Levels);
        }
        let kind = MessageKind::parse(kind).ok_or(TopicError::Kind)?;
        let device = match (kind.is_of_device(), device.first().copied()) {
            (true, None | Some("")) => return Err(TopicError::NoDevice),
            (false, Some(_)) => return Err(TopicError::Levels),
            (_, device) => device,
        };
        Ok(Self::Message { kind, group, node, device })
    }
}

impl MessageKind {
    pub const ALL: [Self; 8] = [
        Self::NodeBirth,
        Self::NodeDeath,
        Self::NodeData,
        Self::NodeCommand,
        Self::DeviceBirth,
        Self::DeviceDeath,
        Self::DeviceData,
        Self::DeviceCommand,
    ];

    /// As in the topic.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NodeBirth => "NBIRTH",
            Self::NodeDeath => "NDEATH",
            Self::NodeData => "NDATA",
            Self::NodeCommand => "NCMD",
            Self::DeviceBirth => "DBIRTH",
            Self::DeviceDeath => "DDEATH",
            Self::DeviceData => "DDATA",
            Self::DeviceCommand => "DCMD",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    #[must_use]
    pub const fn is_of_device(self) -> bool {
        match self {
            Self::NodeBirth | Self::NodeDeath | Self::NodeData | Self::NodeCommand => false,
            Self::DeviceBirth | Self::DeviceDeath | Self::DeviceData | Self::DeviceCommand => true,
        }
    }
}

impl TopicError {
    /// A short class, for counters and tools.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Namespace => "bad-namespace",
            Self::Levels => "bad-topic",
            Self::Kind => "bad-message-type",
            Self::NoDevice => "missing-device",
        }
    }
}

impl NodeId {
    /// # Errors
    /// When one of them cannot be a level of a topic.
    pub fn new(group: &str, node: &str) -> Result<Self, IdError> {
        Ok(Self { group: id(group)?, node: id(node)? })
    }

    #[must_use]
    pub fn group(&self) -> &str {
        &self.group
    }

    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Everything of this node and its devices; commands too, as a filter cannot leave them out.
    #[must_use]
    pub fn subscription(&self) -> String {
        format!("{NAMESPACE}/{}/+/{}/#", self.group, self.node)
    }

    /// Where commands to this node are published, not retained.
    #[must_use]
    pub fn command_topic(&self) -> String {
        Source { node: self.clone(), device: None }.topic(MessageKind::NodeCommand)
    }
}

impl Source {
    /// # Errors
    /// When one of them cannot be a level of a topic.
    pub fn new(group: &str, node: &str, device: Option<&str>) -> Result<Self, IdError> {
        Ok(Self { node: NodeId::new(group, node)?, device: device.map(id).transpose()? })
    }

    /// The topic of this source's messages of a kind. The kind has to be of a device if, and only if, the source is.
    #[must_use]
    pub fn topic(&self, kind: MessageKind) -> String {
        let topic = format!("{NAMESPACE}/{}/{}/{}", self.node.group, kind.name(), self.node.node);
        match &self.device {
            Some(device) => format!("{topic}/{device}"),
            None => topic,
        }
    }
}

/// Where the host `host` states that it is there: `QoS` 1, retained.
///
/// # Errors
/// When `host` cannot be a level of a topic.
pub fn state_topic(host: &str) -> Result<String, IdError> {
    Ok(format!("{NAMESPACE}/{STATE}/{}", id(host)?))
}

fn id(text: &str) -> Result<String, IdError> {
    if text.is_empty() {
        Err(IdError::Empty)
    } else if text.len() > ID_LEN_MAX {
        Err(IdError::TooLong)
    } else if text.contains(['+', '#', '/']) {
        Err(IdError::Reserved)
    } else if text.contains(char::is_control) {
        Err(IdError::Control)
    } else {
        Ok(text.to_owned())
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.node)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.node)?;
        self.device.as_ref().map_or(Ok(()), |device| write!(f, "/{device}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(topic: &str, expect: Result<Topic<'_>, &str>) {
        assert_eq!(Topic::parse(topic).map_err(TopicError::code), expect, "{topic}");
    }

    #[test]
    fn every_type_of_message_has_its_topic() {
        for kind in MessageKind::ALL {
            let device = kind.is_of_device().then_some("bin 7");
            let source = Source::new("Plant", "gw-01", device).unwrap();
            let topic = source.topic(kind);
            check(&topic, Ok(Topic::Message { kind, group: "Plant", node: "gw-01", device }));
        }
    }

    #[test]
    fn a_host_states_itself_in_the_form_of_3_0_and_of_before() {
        check("spBv1.0/STATE/host1", Ok(Topic::State { host: "host1" }));
        check("STATE/host1", Ok(Topic::State { host: "host1" }));
        assert_eq!(state_topic("host1").unwrap(), "spBv1.0/STATE/host1");
        let group = Topic::Message { kind: MessageKind::NodeData, group: "STATE", node: "n", device: None };
        check("spBv1.0/STATE/NDATA/n", Ok(group));
    }

    #[test]
    fn what_is_wrong_with_a_topic_is_told_from_the_left() {
        for (topic, code) in [
            ("", "bad-namespace"),
            ("spAv1.0/g/NDATA/n", "bad-namespace"),
            ("spbv1.0/g/NDATA/n", "bad-namespace"),
            ("/spBv1.0/g/NDATA/n", "bad-namespace"),
            ("tele/x/SENSOR", "bad-namespace"),
            ("spBv1.0", "bad-topic"),
            ("spBv1.0/", "bad-topic"),
            ("spBv1.0/g", "bad-topic"),
            ("spBv1.0/g/NDATA", "bad-topic"),
            ("spBv1.0/g/NDATA/", "bad-topic"),
            ("spBv1.0//NDATA/n", "bad-topic"),
            ("spBv1.0/g/NDATA/n/d", "bad-topic"),
            ("spBv1.0/g/NDATA/n/", "bad-topic"),
            ("spBv1.0/g/DDATA/n/d/e", "bad-topic"),
            ("spBv1.0/g/DDATA/n/d/e/f/g/h", "bad-topic"),
            ("spBv1.0/STATE/", "bad-topic"),
            ("STATE", "bad-topic"),
            ("STATE/h/x", "bad-topic"),
            ("spBv1.0/g/XDATA/n", "bad-message-type"),
            ("spBv1.0/g/ndata/n", "bad-message-type"),
            ("spBv1.0/g/STATE/n", "bad-message-type"),
            ("spBv1.0/g/DDATA/n", "missing-device"),
            ("spBv1.0/g/DDEATH/n/", "missing-device"),
        ] {
            check(topic, Err(code));
        }
    }

    #[test]
    fn an_id_that_would_follow_others_is_refused() {
        for (text, error) in [
            ("", IdError::Empty),
            ("+", IdError::Reserved),
            ("a/b", IdError::Reserved),
            ("a#", IdError::Reserved),
            ("a\0", IdError::Control),
            (&"x".repeat(257), IdError::TooLong),
        ] {
            assert_eq!(NodeId::new(text, "n"), Err(error), "{text:?}");
            assert_eq!(Source::new("g", "n", Some(text)), Err(error), "{text:?}");
            assert_eq!(state_topic(text), Err(error), "{text:?}");
        }
        let node = NodeId::new("Werk 1", "gw-ä").unwrap();
        assert_eq!(node.subscription(), "spBv1.0/Werk 1/+/gw-ä/#");
        assert_eq!(node.command_topic(), "spBv1.0/Werk 1/NCMD/gw-ä");
    }
}
