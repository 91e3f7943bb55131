//! What pages are put together from. Each part is one function or one small struct with the words it shows; what it looks
//! like stands in `components.css` under the same name.

use maud::{Markup, html};

use crate::Sign;

/// A titled box. `id` so that it can be replaced by itself.
#[must_use]
pub fn card(id: &str, title: &Markup, body: &Markup) -> Markup {
    html! { article.card id=(id) { h3 { (title) } (body) } }
}

/// A titled part of a page, found by its heading.
#[must_use]
pub fn section(id: &str, title: &str, body: &Markup) -> Markup {
    html! { section aria-labelledby=(format!("{id}-title")) { h2 id=(format!("{id}-title")) { (title) } (body) } }
}

/// Something to be read before anything else: what, and what to do. Told at once to whoever hears the page.
#[must_use]
pub fn notice(sign: Sign, title: &str, body: &Markup) -> Markup {
    let role = if matches!(sign, Sign::Bad | Sign::Warn | Sign::Unknown) { "alert" } else { "status" };
    html! { div.notice data-sign=(sign.name()) role=(role) { p.title { (crate::sign::sign(sign, title)) } div { (body) } } }
}

/// That there is nothing, and how there would be.
#[must_use]
pub fn empty(text: &str) -> Markup {
    html! { p.empty { (text) } }
}

/// Names and what they are.
#[must_use]
pub fn facts(rows: &[(&str, Markup)]) -> Markup {
    html! { dl.facts { @for (name, value) in rows { dt { (name) } dd { (value) } } } }
}

/// A number large enough to read from two steps away, with its unit.
#[must_use]
pub fn figure(number: &str, unit: &str) -> Markup {
    html! { p.figure { bdi { (number) } @if !unit.is_empty() { " " small { (unit) } } } }
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    pub title: &'a str,
    pub align: Align,
}

/// Numbers stand right, under one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Text,
    Number,
}

impl<'a> Column<'a> {
    #[must_use]
    pub const fn text(title: &'a str) -> Self {
        Self { title, align: Align::Text }
    }

    #[must_use]
    pub const fn number(title: &'a str) -> Self {
        Self { title, align: Align::Number }
    }
}

/// A row of a table: an id by which it is replaced (or none), its heading and its other cells.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: Option<String>,
    pub head: Markup,
    pub cells: Vec<Markup>,
}

/// A table: rows stacked as cards on a phone, a real table on anything wider. The first column heads its row.
#[must_use]
pub fn table(id: &str, caption: &str, columns: &[Column<'_>], rows: &[Row]) -> Markup {
    html! {
        table.stacked id=(id) {
            caption { (caption) }
            thead { tr { @for column in columns { th.number[column.align == Align::Number] scope="col" { (column.title) } } } }
            tbody { @for one in rows { (row(columns, one)) } }
        }
    }
}

/// One row of [`table`], to be replaced by itself.
#[must_use]
pub fn row(columns: &[Column<'_>], row: &Row) -> Markup {
    let rest = columns.get(1..).unwrap_or_default();
    html! {
        tr id=[row.id.as_deref()] {
            th scope="row" { (row.head) }
            @for (column, cell) in rest.iter().zip(&row.cells) {
                td.number[column.align == Align::Number] data-label=(column.title) { (cell) }
            }
        }
    }
}

/// How a button stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// What one came to do; one on a page.
    Main,
    Plain,
    /// Takes something away.
    Danger,
}

impl Weight {
    const fn class(self) -> &'static str {
        match self {
            Self::Main => "button main",
            Self::Plain => "button",
            Self::Danger => "button danger",
        }
    }
}

/// A button that sends its form.
#[must_use]
pub fn button(weight: Weight, label: &str) -> Markup {
    html! { button type="submit" class=(weight.class()) { (label) } }
}

/// A button that sends its form with a name and a value.
#[must_use]
pub fn button_of(weight: Weight, name: &str, value: &str, label: &str) -> Markup {
    html! { button type="submit" class=(weight.class()) name=(name) value=(value) { (label) } }
}

/// A link that looks like a button: it leads somewhere and changes nothing.
#[must_use]
pub fn link(weight: Weight, href: &str, label: &str) -> Markup {
    html! { a class=(weight.class()) href=(href) { (label) } }
}

/// What a person fills in.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    pub name: &'a str,
    pub label: &'a str,
    pub kind: Kind,
    pub value: &'a str,
    /// What is to be written there; empty: nothing to say.
    pub hint: &'a str,
    /// What is wrong with what was written; empty: nothing.
    pub problem: &'a str,
    pub need: Need,
}

/// What sort of value a field takes: which keys a phone shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// A whole number.
    Number,
    /// A number with places.
    Decimal,
    /// A code that is scanned or typed: nothing is corrected or completed.
    Code,
    /// Digits that nobody may read over a shoulder.
    Pin,
    File,
}

/// Whether a field may stay empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Needed,
    Optional,
}

impl<'a> Field<'a> {
    /// A field that must be filled in.
    #[must_use]
    pub const fn new(name: &'a str, label: &'a str, kind: Kind) -> Self {
        Self { name, label, kind, value: "", hint: "", problem: "", need: Need::Needed }
    }

    #[must_use]
    pub const fn optional(self) -> Self {
        Self { need: Need::Optional, ..self }
    }

    #[must_use]
    pub const fn value(self, value: &'a str) -> Self {
        Self { value, ..self }
    }

    #[must_use]
    pub const fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    #[must_use]
    pub const fn problem(self, problem: &'a str) -> Self {
        Self { problem, ..self }
    }

    /// The field with its label. Its id is `f-` and its name: one field of a name on a page; else give it a prefix with
    /// [`Self::render_as`].
    #[must_use]
    pub fn render(&self) -> Markup {
        self.render_as(&format!("f-{}", self.name))
    }

    /// The same under an id of its own.
    #[must_use]
    pub fn render_as(&self, id: &str) -> Markup {
        let (kind, mode, complete) = match self.kind {
            Kind::Text => ("text", None, None),
            Kind::Number => ("text", Some("numeric"), Some("off")),
            Kind::Decimal => ("text", Some("decimal"), Some("off")),
            Kind::Code => ("text", None, Some("off")),
            Kind::Pin => ("password", Some("numeric"), Some("off")),
            Kind::File => ("file", None, None),
        };
        let is_exact = matches!(self.kind, Kind::Code | Kind::Number | Kind::Decimal | Kind::Pin);
        let value = (!matches!(self.kind, Kind::File | Kind::Pin)).then_some(self.value);
        let (hint, problem) = (format!("{id}-hint"), format!("{id}-problem"));
        let described: Vec<&str> = [(self.hint, hint.as_str()), (self.problem, problem.as_str())]
            .iter()
            .filter_map(|(text, id)| (!text.is_empty()).then_some(*id))
            .collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        html! {
            div.field data-problem[!self.problem.is_empty()] {
                label for=(id) { (self.label) }
                input id=(id) name=(self.name) type=(kind) inputmode=[mode] autocomplete=[complete] value=[value]
                    autocapitalize=[is_exact.then_some("off")] spellcheck=[is_exact.then_some("false")]
                    required[self.need == Need::Needed] aria-describedby=[described]
                    aria-invalid=[(!self.problem.is_empty()).then_some("true")];
                @if !self.hint.is_empty() { p.hint id=(hint) { (self.hint) } }
                @if !self.problem.is_empty() { p.problem id=(problem) { (self.problem) } }
            }
        }
    }
}

/// One of several, where there are more than a few.
#[must_use]
pub fn choice(name: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    let id = format!("f-{name}");
    html! {
        div.field {
            label for=(id) { (label) }
            select id=(id) name=(name) {
                @for (value, word) in options { option value=(value) selected[*value == chosen] { (word) } }
            }
        }
    }
}

/// Something to say yes to.
#[must_use]
pub fn tick(name: &str, label: &str, is_set: bool) -> Markup {
    html! { label.tick { input type="checkbox" name=(name) value="yes" checked[is_set]; span { (label) } } }
}

/// A way to another page.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    pub href: &'a str,
    pub label: &'a str,
}

/// The ways to all pages; the one that `here` lies under is marked.
#[must_use]
pub fn ways(label: &str, all: &[Way<'_>], here: &str) -> Markup {
    let is_here = |href: &str| {
        if href == "/" {
            here == "/"
        } else {
            here == href || here.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'))
        }
    };
    html! {
        nav.ways aria-label=(label) {
            @for way in all { a href=(way.href) aria-current=[is_here(way.href).then_some("page")] { (way.label) } }
        }
    }
}
