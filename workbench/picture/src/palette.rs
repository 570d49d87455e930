//! The colours of everything that a person sees of a run, in light and in dark
//! surroundings. They are Okabe and Ito's, which people tell apart who do not see
//! red and green; of orange and vermilion the one that stands out against the
//! paper, and on white as much darker as small text has to be (WCAG 2, 1.4.3).

/// A colour's name, in light and in dark surroundings.
const COLOURS: [(&str, &str, &str); 10] = [
    ("paper", "#fff", "#0d1117"),
    ("card", "#f6f8fa", "#151b23"),
    ("ink", "#1f2328", "#f0f6fc"),
    ("soft", "#59636e", "#9da7b3"),
    ("grid", "#d8dee4", "#2a313c"),
    ("shade", "#6e7781", "#8b949e"),
    ("ok", "#0072b2", "#56b4e9"),
    ("info", "#ad4600", "#e69f00"),
    ("fail", "#ad4a84", "#e29fc4"),
    ("green", "#007a5a", "#00c795"),
];

/// CSS that gives these elements the colours as custom properties, `--ink` and so
/// on, with the prefix before the name. The system decides whether they are light
/// or dark, and `:root[data-theme=light]` or `dark` over it.
pub fn custom_properties(selector: &str, prefix: &str) -> String {
    let properties = |dark: bool| -> String {
        let of = |&(name, on_light, on_dark): &(&str, &str, &str)| {
            let colour = if dark { on_dark } else { on_light };
            format!("--{prefix}{name}:{colour};")
        };
        let all: String = COLOURS.iter().map(of).collect();
        format!("{selector}{{{}}}", all.trim_end_matches(';'))
    };
    let (light, dark) = (properties(false), properties(true));
    format!(
        "{light}@media(prefers-color-scheme:dark){{{dark}}}\
         :root[data-theme=light] {light}:root[data-theme=dark] {dark}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_goes_over_what_the_system_prefers() {
        let css = custom_properties(".plot", "plot-");
        let rules: Vec<&str> = css
            .split('}')
            .filter(|rule| rule.contains("--plot-ink:"))
            .collect();
        let begins = [
            ".plot{--plot-paper:#fff;--plot-card:#f6f8fa;",
            "@media(prefers-color-scheme:dark){.plot{--plot-paper:#0d1117;",
            ":root[data-theme=light] .plot{--plot-paper:#fff;",
            ":root[data-theme=dark] .plot{--plot-paper:#0d1117;",
        ];
        assert_eq!(rules.len(), begins.len(), "{css}");
        for (rule, begin) in rules.iter().zip(begins) {
            assert!(rule.starts_with(begin), "{rule}");
        }
        assert_eq!(css.matches('{').count(), css.matches('}').count());
    }
}
