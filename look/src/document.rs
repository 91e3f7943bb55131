//! The frame of every page: what stands in its head.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::Language;

/// A page, but for its body.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    pub language: Language,
    /// What stands in the tab; the product's name follows.
    pub title: &'a str,
    /// Addresses of style sheets and scripts, in order.
    pub styles: &'a [&'a str],
    pub scripts: &'a [&'a str],
    /// Where the page can be installed: its manifest and its icons (SVG, and PNG for phones that want one).
    pub installs: Option<Installs<'a>>,
}

/// What a page that can be put on the home screen has beside.
#[derive(Debug, Clone, Copy)]
pub struct Installs<'a> {
    pub manifest: &'a str,
    pub icon: &'a str,
    pub touch_icon: &'a str,
}

impl Document<'_> {
    /// The whole page; `body` is what stands in `body`, and `data` its `data-…` attributes, as names and values.
    #[must_use]
    pub fn page(&self, data: &[(&str, &str)], body: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(self.language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                    meta name="color-scheme" content="light dark";
                    meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f7f8";
                    meta name="theme-color" media="(prefers-color-scheme: dark)" content="#11161b";
                    title { (self.title) " · Binwire" }
                    @for style in self.styles { link rel="stylesheet" href=(style); }
                    @if let Some(Installs { manifest, icon, touch_icon }) = self.installs {
                        link rel="manifest" href=(manifest);
                        link rel="icon" type="image/svg+xml" href=(icon);
                        link rel="apple-touch-icon" href=(touch_icon);
                    }
                    @for script in self.scripts { script src=(script) defer {} }
                }
                (body_tag(data))
                (body)
                (PreEscaped("</body>"))
            }
        }
    }
}

/// The opening tag with attributes whose names are only known here.
fn body_tag(data: &[(&str, &str)]) -> Markup {
    let mut tag = "<body".to_owned();
    for (name, value) in data {
        tag.push_str(" data-");
        tag.extend(name.chars().filter(|c| c.is_ascii_lowercase() || *c == '-'));
        tag.push_str("=\"");
        tag.push_str(&html! { (value) }.into_string().replace('"', "&quot;"));
        tag.push('"');
    }
    tag.push('>');
    PreEscaped(tag)
}
