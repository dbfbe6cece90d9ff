//! Templates: text with `{{names}}` to be filled in.

/// The names of a template, each once, in the order of their first appearance.
pub(super) fn names(template: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for part in parts(template) {
        if let Part::Name(name) = part
            && !names.contains(&name)
        {
            names.push(name);
        }
    }

    names
}

/// Fills a template in, in one pass: what a value holds is not filled in again.
pub(super) fn render<'a>(template: &'a str, value: impl Fn(&'a str) -> String) -> String {
    parts(template)
        .map(|part| match part {
            Part::Text(text) => text.to_owned(),
            Part::Name(name) => value(name),
        })
        .collect()
}

enum Part<'a> {
    Text(&'a str),
    Name(&'a str),
}

fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = template;

    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((name, after)) = name_at_start(rest) {
            rest = after;
            return Some(Part::Name(name));
        }
        // Up to the next place where a name could begin, past the one that was none.
        let end = rest
            .char_indices()
            .skip(1)
            .map(|(at, _)| at)
            .find(|at| rest.get(*at..).is_some_and(|rest| rest.starts_with("{{")))
            .unwrap_or(rest.len());
        let (text, after) = rest.split_at_checked(end)?;
        rest = after;

        Some(Part::Text(text))
    })
}

fn name_at_start(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix("{{")?.split_once("}}")?;
    let is_word = !name.is_empty()
        && name
            .chars()
            .all(|character| character.is_alphanumeric() || character == '_');

    is_word.then_some((name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_in_double_braces_each_once() {
        assert_eq!(
            names("{{b}} {{a_1}} {{b}} {{ spaced }} {{}} {x} {{größe}} {{{c}}}"),
            ["b", "a_1", "größe", "c"]
        );
    }

    #[test]
    fn every_name_is_filled_in_once_and_nothing_else_is_touched() {
        let value = |name: &str| match name {
            "a" => "{{b}}".to_owned(),
            other => other.to_uppercase(),
        };

        assert_eq!(
            render("{{a}}-{{b}}-{{ c }}-{{d", value),
            "{{b}}-B-{{ c }}-{{d"
        );
        assert_eq!(render("{{{b}}}", value), "{B}");
    }
}
