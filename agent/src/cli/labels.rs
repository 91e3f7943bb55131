//! `labels`: prints sheets of bin, item, badge and command labels as PDF or SVG.
//!
//! Owns where names come from (the command line, the site's file, a CSV, standard input) and where the sheets go. What
//! stands on a label and how it is drawn is [`crate::print`].

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, anyhow, bail, ensure};
use clap::{Args, ValueEnum};

use super::telling::unwritten;
use crate::{
    config::Config,
    print::{
        Content, Dpi, Job, Kind, Label, Letters, Page, Sheet, Symbology, csv, page::Outline, pages, pdf, svg, text,
    },
    register::fact::{self, Fact},
};

/// The longest list that is read: ten thousand labels have less.
const INPUT_LEN_MAX: u64 = 16 * 1024 * 1024;

/// What `labels` is told.
#[derive(Debug, Clone, Args)]
pub(super) struct LabelArgs {
    /// What the labels are for; `sheets` lists the sheets that can be printed on.
    #[arg(value_enum)]
    what: What,
    /// Names (`A-01`, `M8-BOLT`, `DEPLOY:van-3`, `QTY:12`), or `-` for one a line on standard input. None: all that the
    /// site's file has; for commands: one card each.
    names: Vec<String>,
    /// The site's file: its bins, items and places.
    #[arg(long)]
    config: Option<PathBuf>,
    /// A table with the columns code, title, subtitle, note; only code is needed.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Where to write: a .pdf, or an .svg (one file a page: NAME-1.svg, NAME-2.svg, …). A file that is there is written
    /// over.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What the scanner reads: code128 (any scanner), qr (any letters, telephones), datamatrix (smallest).
    #[arg(long, default_value = "code128")]
    symbol: Symbology,
    /// What is printed on: a name that `labels sheets` lists, or WIDTHxHEIGHT in mm for a roll.
    #[arg(long, default_value = "avery-l7160")]
    sheet: Sheet,
    /// Labels of the first sheet that are used already.
    #[arg(long, value_name = "LABELS", default_value_t = 0)]
    skip: u32,
    /// Each label so many times.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    copies: u32,
    /// A hairline around each label, to cut along or to check the alignment on plain paper.
    #[arg(long)]
    outline: bool,
    /// Text without a symbol.
    #[arg(long)]
    only_text: bool,
    /// Items with their code alone, without BW:ITEM: shorter bars.
    #[arg(long)]
    bare: bool,
    /// The printer's dots per inch; modules are whole dots. 203 and 300 are usual for label printers.
    #[arg(long, default_value = "600", value_parser = dpi)]
    dpi: Dpi,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Bins,
    Items,
    Badges,
    Assets,
    Places,
    Commands,
    /// Texts as they are, without a prefix.
    Codes,
    /// List the sheets.
    Sheets,
}

/// What the sheets are written as.
#[derive(Debug, Clone, Copy)]
enum Format {
    Pdf,
    Svg,
}

/// Prints labels, or lists the sheets.
#[expect(clippy::print_stdout, reason = "the command line speaks to a person")]
pub(super) fn run(args: &LabelArgs) -> anyhow::Result<ExitCode> {
    let Some(kind) = args.what.kind() else {
        return list_sheets().map(|()| ExitCode::SUCCESS);
    };
    let out = args.out.as_deref().context("give --out FILE.pdf or FILE.svg")?;
    let format = Format::of(out)?;
    let job = Job {
        sheet: args.sheet.clone(),
        content: if args.only_text { Content::TextOnly } else { Content::Symbol(args.symbol) },
        copies: args.copies,
        skip: args.skip,
        outline: if args.outline { Outline::Hairline } else { Outline::None },
        dpi: args.dpi,
        letters: match format {
            Format::Pdf => Letters::Measured,
            Format::Svg => Letters::Substituted,
        },
    };
    let labels = labels(args, kind)?;
    let pages = pages(&labels, &job).map_err(|error| anyhow!("{error}"))?;
    let files = match format {
        Format::Pdf => vec![(out.to_owned(), pdf::write(&pages)?)],
        Format::Svg => svg_files(out, &pages),
    };
    for (path, bytes) in &files {
        fs::write(path, bytes).with_context(|| format!("write {}", path.display()))?;
    }
    let printed = labels.len() * usize::try_from(args.copies).unwrap_or(1);
    println!(
        "{printed} label{} on {} page{} of {}: {}; print at 100 %, not fitted to the page",
        if printed == 1 { "" } else { "s" },
        pages.len(),
        if pages.len() == 1 { "" } else { "s" },
        job.sheet.name,
        files.iter().map(|(path, _)| path.display().to_string()).collect::<Vec<_>>().join(", "),
    );
    Ok(ExitCode::SUCCESS)
}

fn list_sheets() -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let lines = Sheet::all().into_iter().map(|sheet| format!("{:<14} {}", sheet.name, sheet.about));
    let all = lines.chain(["WIDTHxHEIGHT   roll, any size in mm, as in 60x40".to_owned()]);
    let written = all.into_iter().try_for_each(|line| writeln!(out, "{line}"));
    written.or_else(unwritten)
}

/// From wherever names were given; several sources add up in this order: names, table, site's file.
fn labels(args: &LabelArgs, kind: Kind) -> anyhow::Result<Vec<Label>> {
    let mut labels = Vec::new();
    for name in &args.names {
        if name == "-" {
            let lines = read_limited(io::stdin().lock(), "standard input")?;
            for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
                labels.push(args.label(kind, line)?);
            }
        } else {
            labels.push(args.label(kind, name)?);
        }
    }
    if let Some(path) = &args.csv {
        labels.extend(from_table(args, kind, path)?);
    }
    let nothing_named = args.names.is_empty() && args.csv.is_none();
    if nothing_named && let Some(path) = &args.config {
        labels.extend(from_site(args, &Config::load(path)?)?);
    } else if nothing_named && kind == Kind::Command {
        labels.extend(text::all_commands());
    } else if let Some(path) = &args.config {
        describe(&mut labels, kind, &Config::load(path)?);
    }
    ensure!(!labels.is_empty(), "no labels; give names, --csv or --config (names - reads them from standard input)");
    Ok(labels)
}

impl LabelArgs {
    fn label(&self, kind: Kind, name: &str) -> anyhow::Result<Label> {
        let label = if kind == Kind::Item && self.bare { Kind::bare_item(name) } else { kind.label(name) };
        label.map_err(|error| anyhow!("{error}"))
    }
}

fn from_table(args: &LabelArgs, kind: Kind, path: &Path) -> anyhow::Result<Vec<Label>> {
    let file = fs::File::open(path).with_context(|| format!("read {}", path.display()))?;
    let text = read_limited(file, &path.display().to_string())?;
    let rows = csv::rows(&text).map_err(|error| anyhow!("{}: {error}", path.display()))?;
    let labels = rows.into_iter().map(|row| {
        let label = args.label(kind, row.code.trim()).with_context(|| format!("{}:{}", path.display(), row.line))?;
        let or = |given: String, else_: String| if given.is_empty() { else_ } else { given };
        let (title, subtitle) = (or(row.title, label.title), or(row.subtitle, label.subtitle));
        Ok(Label { code: label.code, title, subtitle, note: row.note })
    });
    labels.collect()
}

/// All of its kind that the site's file has.
fn from_site(args: &LabelArgs, config: &Config) -> anyhow::Result<Vec<Label>> {
    let label = |kind: Kind, name: &str, subtitle: String| -> anyhow::Result<Label> {
        Ok(Label { subtitle, ..args.label(kind, name)? })
    };
    match args.what {
        What::Bins | What::Items => {
            let wanted = if args.what == What::Bins { fact::Kind::Bin } else { fact::Kind::Item };
            let named = config.register.facts(wanted).filter_map(|(fact, _)| match fact {
                Fact::Bin(bin) => Some(label(Kind::Bin, bin.name.as_str(), bin.item.to_string())),
                Fact::Item(item) => {
                    let subtitle = item.description.map_or_else(|| item.feed.to_string(), |text| text.to_string());
                    Some(label(Kind::Item, item.code.as_str(), subtitle))
                }
                Fact::Alias(_) | Fact::Container(_) | Fact::Operator(_) | Fact::Asset(_) | Fact::Shipment(_) => None,
            });
            named.collect()
        }
        What::Places => {
            let places: BTreeSet<String> =
                config.stations.iter().filter_map(|station| Some(station.place.as_ref()?.to_string())).collect();
            let usual = ["dock", "bench", "quarantine", "scrap"].map(str::to_owned);
            let places = usual.into_iter().chain(places).collect::<BTreeSet<_>>();
            places.iter().map(|place| label(Kind::Place, place, String::new())).collect()
        }
        What::Commands => Ok(text::all_commands()),
        What::Badges | What::Assets | What::Codes | What::Sheets => {
            bail!("the site's file lists none of these; name them, or give --csv")
        }
    }
}

/// Adds what the site's file knows of named bins.
fn describe(labels: &mut [Label], kind: Kind, config: &Config) {
    if kind != Kind::Bin {
        return;
    }
    for label in labels.iter_mut().filter(|label| label.subtitle.is_empty()) {
        if let Some(bin) = config.register.bin(&label.title) {
            label.subtitle = bin.item.to_string();
        }
    }
}

fn read_limited(from: impl io::Read, name: &str) -> anyhow::Result<String> {
    let mut text = String::new();
    from.take(INPUT_LEN_MAX + 1).read_to_string(&mut text).with_context(|| format!("read {name}"))?;
    let within = u64::try_from(text.len()).is_ok_and(|len| len <= INPUT_LEN_MAX);
    ensure!(within, "{name} is longer than {INPUT_LEN_MAX} bytes; print it in parts");
    Ok(text)
}

/// One page is the file that was named; several are numbered.
fn svg_files(out: &Path, pages: &[Page]) -> Vec<(PathBuf, Vec<u8>)> {
    let named = |number: usize| {
        if pages.len() == 1 {
            return out.to_owned();
        }
        let mut name = out.file_stem().map_or_else(OsString::new, OsString::from);
        name.push(format!("-{number}.svg"));
        out.with_file_name(name)
    };
    (1..).zip(pages).map(|(number, page)| (named(number), svg::write(page).into_bytes())).collect()
}

fn dpi(text: &str) -> Result<Dpi, String> {
    text.parse().ok().and_then(Dpi::new).ok_or_else(|| "must be a whole number from 150 to 2400".to_owned())
}

impl What {
    const fn kind(self) -> Option<Kind> {
        match self {
            Self::Bins => Some(Kind::Bin),
            Self::Items => Some(Kind::Item),
            Self::Badges => Some(Kind::Badge),
            Self::Assets => Some(Kind::Asset),
            Self::Places => Some(Kind::Place),
            Self::Commands => Some(Kind::Command),
            Self::Codes => Some(Kind::Code),
            Self::Sheets => None,
        }
    }
}

impl Format {
    fn of(out: &Path) -> anyhow::Result<Self> {
        let extension = out.extension().map(|extension| extension.to_ascii_lowercase());
        match extension.as_deref().and_then(|extension| extension.to_str()) {
            Some("pdf") => Ok(Self::Pdf),
            Some("svg") => Ok(Self::Svg),
            Some(_) | None => bail!("--out {} is neither .pdf nor .svg", out.display()),
        }
    }
}
