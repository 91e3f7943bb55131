//! The search behind `probe`: listen, ask, weigh what comes.
//!
//! Owns the order of tries and their time. A serial line is tried at each speed; what is on the network or on USB has none.
//! At each speed first listens, since some scales speak by themselves, and then asks in one language after another. Where
//! several languages would fit what is heard, each is asked its own question once more. Must not know how it is told.

use std::{
    io,
    time::{Duration, Instant},
};

use tokio::time::{sleep, timeout};

use super::Progress;
use crate::{
    config::{LineConfig, Port},
    device::{
        Framing, LineFormat,
        scale::{
            Options, Protocol,
            identify::{Question, Suspect, hid_suspect, network_questions, questions, rivals, suspects, weigh_again},
        },
    },
    port::line::{Line, explained},
};

/// How long a scale that speaks by itself may be silent: the slowest send some five frames a second.
const LISTEN: Duration = Duration::from_millis(350);

/// How long a HID scale may be: it reports at least at each change of its display, and most do all the time.
const LISTEN_HID: Duration = Duration::from_secs(1);

/// How long a scale may think before it answers.
const ANSWER: Duration = Duration::from_millis(200);

/// ... with a network and a serial server between.
const ANSWER_TCP: Duration = Duration::from_millis(400);

/// How long a scale may take to complain of an empty line.
const END: Duration = Duration::from_millis(60);

/// Silence after which an answer is whole, beside the time of some characters.
const QUIET: Duration = Duration::from_millis(40);

/// What one try may bring: a scale that never stops is understood by its first frames.
const HEARD_MAX: usize = 2_048;

/// So many bytes are no echo and no click of a relay.
const SPOKEN_MIN: usize = 9;

/// What was found.
pub(super) struct Found {
    /// `None` where the port has no speed of its own.
    pub(super) format: Option<LineFormat>,
    /// The likeliest first; at least one.
    pub(super) suspects: Vec<Suspect>,
    pub(super) heard: Vec<u8>,
}

/// What was heard that nobody understood.
pub(super) struct Noise {
    pub(super) format: Option<LineFormat>,
    pub(super) heard: Vec<u8>,
}

/// Tries a port at these speeds, if it has any.
///
/// # Errors
/// When it cannot be opened, or is of no use here; says what to do.
pub(super) async fn search(port: &Port, bauds: &[u32]) -> anyhow::Result<(Option<Found>, Vec<Noise>)> {
    let mut noise = Vec::new();
    let progress = Progress::new();
    let found = match port {
        Port::Serial(_) => {
            let (questions, mut found) = (serial_questions(), None);
            for baud in bauds {
                let mut ear = Ear::open(port, Some(LineFormat::new(*baud, Framing::EightNone))).await?;
                found = ear.try_questions(&questions, &progress, &mut noise).await?;
                if found.is_some() {
                    break;
                }
                // What the device still has to say must not be heard as an answer at the next speed.
                drop(ear);
                sleep(QUIET).await;
            }
            found
        }
        Port::Tcp(_) => {
            let plain = |question: Question| (question, Framing::EightNone);
            let questions: Vec<_> = network_questions().into_iter().map(plain).collect();
            Ear::open(port, None).await?.try_questions(&questions, &progress, &mut noise).await?
        }
        Port::Hid(_) => Ear::open(port, None).await?.hear_reports(&progress, &mut noise).await?,
        Port::Keyboard(_) => {
            anyhow::bail!("{port} is a scanner that plays a keyboard, and no scale; try: binwire-agent listen {port}")
        }
        Port::Replay(path) => anyhow::bail!(
            "{port} is a capture, and answers nothing; try: binwire-agent replay {} --protocol …",
            path.display()
        ),
    };
    progress.done();
    Ok((found, noise))
}

/// The questions, those of scales with seven bits also with the parity that such a scale insists on: at eight bits without
/// parity the eighth can be made to carry it, so the line need not be opened anew.
fn serial_questions() -> Vec<(Question, Framing)> {
    let mut asked = Vec::new();
    for question in questions() {
        // Its old models are the one common scale with odd parity.
        let is_odd = question.0 == Protocol::SartoriusSbi;
        let parity = if is_odd { Framing::SevenOdd } else { question.0.line().framing };
        asked.push((question.clone(), Framing::EightNone));
        if parity.is_seven_bits() {
            asked.push((question, parity));
        }
    }
    asked
}

/// An open port, and what has come in since somebody last looked.
struct Ear {
    config: LineConfig,
    line: Line,
    /// `None` on a port without a speed.
    format: Option<LineFormat>,
    heard: Vec<u8>,
}

impl Ear {
    async fn open(port: &Port, format: Option<LineFormat>) -> anyhow::Result<Self> {
        let config = LineConfig { port: port.clone(), format: format.unwrap_or(LineFormat::USUAL) };
        let opened = Line::open(&config).await;
        let line = opened.map_err(|error| anyhow::anyhow!("{}", explained(&error, &config)))?;
        Ok(Self { config, line, format, heard: Vec::new() })
    }

    async fn try_questions(
        &mut self,
        questions: &[(Question, Framing)],
        progress: &Progress,
        noise: &mut Vec<Noise>,
    ) -> anyhow::Result<Option<Found>> {
        let at = self.format.map_or_else(|| self.config.port.to_string(), |format| format.to_string());
        progress.step(&format!("{at}: listening"));
        self.hear(LISTEN).await?;
        let heard = std::mem::take(&mut self.heard);
        if let Some(found) = self.understood(&heard, b"") {
            return Ok(Some(self.settled(found, true, progress).await?));
        }
        if heard.len() >= SPOKEN_MIN {
            // Nobody understands it at this speed, and questions would only be talked over.
            noise.push(Noise { format: self.format, heard });
            return Ok(None);
        }
        let mut needs_end = true;
        for ((protocol, _, question), framing) in questions {
            progress.step(&format!("{at}: asking {protocol}"));
            if needs_end && *protocol != Protocol::ModbusTcp {
                // What no command has ended yet would be the beginning of this one. The complaint is not listened to.
                self.say(b"\r\n").await?;
                self.hear(END).await?;
            }
            needs_end = *framing != Framing::EightNone || !question.ends_with(b"\n");
            let heard = self.answer(question, *framing).await?;
            if let Some(found) = self.understood(&heard, question) {
                return Ok(Some(self.settled(found, false, progress).await?));
            }
            if !heard.is_empty() {
                // It answers, and at another speed.
                let is_elsewhere = self.format.is_some() && is_garbled(&heard);
                noise.push(Noise { format: self.format, heard });
                if is_elsewhere {
                    break;
                }
            }
        }
        Ok(None)
    }

    async fn hear_reports(&mut self, progress: &Progress, noise: &mut Vec<Noise>) -> anyhow::Result<Option<Found>> {
        progress.step(&format!("{}: listening", self.config.port));
        let mut reports: Vec<Vec<u8>> = Vec::new();
        let until = Instant::now() + LISTEN_HID;
        while Instant::now() < until
            && let Ok(report) = timeout(until.saturating_duration_since(Instant::now()), self.line.read()).await
        {
            reports.push(report.map_err(|error| anyhow::anyhow!("{}", explained(&error, &self.config)))?);
        }
        let heard = reports.concat();
        let Some(suspect) = hid_suspect(reports.iter().map(Vec::as_slice)) else {
            if !heard.is_empty() {
                noise.push(Noise { format: None, heard });
            }
            return Ok(None);
        };
        Ok(Some(Found { format: None, suspects: vec![suspect], heard }))
    }

    /// Has each rival asked its own question, if there are several. What they say to that, complaints of it too, is weighed
    /// with what was heard before.
    async fn settled(&mut self, found: Found, speaks_by_itself: bool, progress: &Progress) -> anyhow::Result<Found> {
        let Some(best) = found.suspects.first().filter(|best| !best.answers) else { return Ok(found) };
        let mut candidates = rivals(&found.suspects);
        if candidates.is_empty() {
            return Ok(found);
        }
        candidates.push(best.protocol);
        let mask_parity = best.options.mask_parity;
        let framing = found.format.map_or(Framing::EightNone, |format| format.framing);
        let own = found.suspects.iter().filter(|suspect| candidates.contains(&suspect.protocol));
        let mut asked: Vec<(Protocol, Vec<u8>)> =
            own.map(|suspect| (suspect.protocol, suspect.protocol.asking(&suspect.options).ask)).collect();
        asked.retain(|(_, question)| !question.is_empty());
        // Some rivals understand each other's questions. To this one most makers have a complaint of their own.
        asked.push((Protocol::MtSics, Protocol::MtSics.asking(&Options::default()).ask));
        let (mut heard, mut answered) = (found.heard.clone(), Vec::new());
        for (protocol, question) in asked {
            progress.step(&format!("asking {protocol} again"));
            self.say(&with_parity(b"\r\n", framing)).await?;
            self.hear(END).await?;
            heard.append(&mut self.heard);
            let mut answer = self.answer(&question, framing).await?;
            if suspects(&answer, &question, mask_parity).iter().any(|found| found.protocol == protocol) {
                answered.push(protocol);
            }
            heard.append(&mut answer);
        }
        // The last question may have had no end of its own; it, too, may be complained of.
        self.say(&with_parity(b"\r\n", framing)).await?;
        self.hear(ANSWER).await?;
        heard.append(&mut self.heard);
        let suspects = weigh_again(&heard, &answered, speaks_by_itself, mask_parity);
        Ok(if suspects.is_empty() { found } else { Found { suspects, ..found } })
    }

    async fn answer(&mut self, question: &[u8], framing: Framing) -> anyhow::Result<Vec<u8>> {
        self.heard.clear();
        self.say(&with_parity(question, framing)).await?;
        self.hear(if self.format.is_some() { ANSWER } else { ANSWER_TCP }).await?;
        Ok(std::mem::take(&mut self.heard))
    }

    async fn say(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        if let Err(error) = self.line.write(bytes).await {
            self.again(&error).await?;
            self.line.write(bytes).await.map_err(|error| anyhow::anyhow!("{}", explained(&error, &self.config)))?;
        }
        Ok(())
    }

    /// Waits up to `first` for a byte, then until the line is quiet.
    async fn hear(&mut self, first: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + first;
        let characters = Duration::from_secs_f64(30.0 / f64::from(self.config.format.baud));
        while self.heard.len() < HEARD_MAX {
            let is_silent = self.heard.is_empty();
            let wait = if is_silent { until.saturating_duration_since(Instant::now()) } else { QUIET + characters };
            match timeout(wait, self.line.read()).await {
                Ok(Ok(bytes)) => self.heard.extend(bytes),
                Ok(Err(error)) => return self.again(&error).await,
                // A stream pauses between its frames: listening goes on for as long as it was meant to.
                Err(_) if !self.heard.is_empty() && Instant::now() < until => {}
                Err(_) => break,
            }
            if Instant::now() > until + first * 4 {
                break;
            }
        }
        Ok(())
    }

    /// What hangs on the network may close the connection on a question it does not know, and takes another.
    async fn again(&mut self, error: &io::Error) -> anyhow::Result<()> {
        if !matches!(self.config.port, Port::Tcp(_)) {
            anyhow::bail!("{}", explained(error, &self.config));
        }
        // Some servers take one connection at a time, and need a moment to see that the last is gone.
        sleep(QUIET).await;
        let opened = Line::open(&self.config).await;
        self.line = opened.map_err(|error| anyhow::anyhow!("{}", explained(&error, &self.config)))?;
        Ok(())
    }

    /// Who could have said that: as it came, or with the eighth bit taken for parity.
    fn understood(&self, heard: &[u8], question: &[u8]) -> Option<Found> {
        let plain = suspects(heard, question, false);
        // Seven bits and parity, heard at eight bits, have the eighth bit set in every other character: what is plain text
        // came with eight.
        let (suspects, framing) = if plain.is_empty() && heard.iter().any(|byte| !byte.is_ascii()) {
            (suspects(heard, question, true), parity_of(heard))
        } else {
            (plain, Framing::EightNone)
        };
        let format = self.format.map(|format| LineFormat { framing, ..format });
        (!suspects.is_empty()).then(|| Found { format, suspects, heard: heard.to_vec() })
    }
}

fn with_parity(question: &[u8], framing: Framing) -> Vec<u8> {
    let bit = |byte: u8| {
        let is_odd = byte.count_ones() % 2 == 1;
        let is_set = (framing == Framing::SevenEven && is_odd) || (framing == Framing::SevenOdd && !is_odd);
        u8::from(is_set) << 7
    };
    question.iter().map(|byte| byte | bit(*byte)).collect()
}

/// Which parity bytes carry in their eighth bit.
fn parity_of(heard: &[u8]) -> Framing {
    let odd = heard.iter().filter(|byte| byte.count_ones() % 2 == 1).count();
    if odd * 2 > heard.len() { Framing::SevenOdd } else { Framing::SevenEven }
}

/// What came at another speed.
fn is_garbled(heard: &[u8]) -> bool {
    let is_odd_one = |byte: &&u8| !byte.is_ascii() || **byte == 0;
    heard.iter().filter(is_odd_one).count() * 4 > heard.len() && !is_text_with_parity(heard)
}

/// Text whose eighth bit is parity is no garble.
fn is_text_with_parity(heard: &[u8]) -> bool {
    heard.iter().map(|byte| byte & 0x7F).all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | 2 | 3 | 6))
}
