//! The product's icon, in the sizes and themes clients ask for: two overlapping circles, what two clients share.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{Icon, IconTheme};

/// The sizes, in pixels.
const SIZES: [u16; 3] = [32, 64, 200];

/// Ink for a light and for a dark background.
const THEMES: [(IconTheme, &str, &str); 2] = [
    (IconTheme::Light, "", "#1f5f5b"),
    (IconTheme::Dark, "-dark", "#8fd6cf"),
];

const MIME_TYPE: &str = "image/svg+xml";

/// The icons, at `base` if the server has a public address, else in themselves.
#[must_use]
pub(super) fn icons(base: Option<&str>) -> Vec<Icon> {
    SIZES
        .iter()
        .flat_map(|size| THEMES.iter().map(move |theme| (*size, theme)))
        .map(|(size, (theme, suffix, ink))| {
            let source = match base {
                Some(base) => format!("{base}/icons/{}", file_name(size, suffix)),
                None => format!(
                    "data:{MIME_TYPE};base64,{}",
                    STANDARD.encode(svg(size, ink))
                ),
            };
            Icon::new(source)
                .with_mime_type(MIME_TYPE)
                .with_sizes(vec![format!("{size}x{size}")])
                .with_theme(*theme)
        })
        .collect()
}

/// The icon of a file name, for the web; `None` for any name that is not one of ours.
#[must_use]
pub fn icon_file(name: &str) -> Option<String> {
    SIZES
        .iter()
        .flat_map(|size| THEMES.iter().map(move |theme| (*size, theme)))
        .find(|(size, (_, suffix, _))| file_name(*size, suffix) == name)
        .map(|(size, (_, _, ink))| svg(size, ink))
}

fn file_name(size: u16, suffix: &str) -> String {
    format!("awareness-{size}{suffix}.svg")
}

fn svg(size: u16, ink: &str) -> String {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 32 32"><g fill="none" stroke="{ink}" stroke-width="3"><circle cx="12" cy="16" r="9"/><circle cx="20" cy="16" r="9"/></g><circle cx="16" cy="16" r="2.5" fill="{ink}"/></svg>"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_icon_for_each_size_and_theme_with_an_absolute_address() {
        for base in [None, Some("https://memory.example")] {
            let icons = icons(base);
            assert_eq!(icons.len(), 6);
            for icon in icons {
                assert!(icon.src.contains(':'), "{}", icon.src);
                assert_eq!(icon.mime_type.as_deref(), Some(MIME_TYPE));
                assert!(icon.theme.is_some() && icon.sizes.is_some());
            }
        }
    }

    #[test]
    fn only_our_files_are_served() {
        assert!(icon_file("awareness-64-dark.svg").is_some());
        for name in ["awareness-63.svg", "../awareness-64.svg", "", "x.svg"] {
            assert_eq!(icon_file(name), None, "{name}");
        }
    }
}
