//! The templates that come with us, and how a house's own is read.

use super::{TEMPLATE_BYTES_MAX, Template};

/// Names and files of the templates that come with us.
pub const TEMPLATES: [(&str, &str); 6] = [
    ("a4-35", include_str!("a4-35.toml")),
    ("a4-8", include_str!("a4-8.toml")),
    ("roll-40x30", include_str!("roll-40x30.toml")),
    ("roll-30x40x3", include_str!("roll-30x40x3.toml")),
    ("cap-20", include_str!("cap-20.toml")),
    ("case-100x150", include_str!("case-100x150.toml")),
];

/// One that comes with us.
///
/// # Errors
/// Naming those that there are.
pub fn builtin(name: &str) -> Result<Template, String> {
    let found = TEMPLATES.iter().find(|(known, _)| *known == name).ok_or_else(|| {
        format!(
            "there is none named {name:?}; take {}, or a file of your own",
            TEMPLATES.map(|(name, _)| name).join(", ")
        )
    })?;
    Template::from_toml(found.1)
}

impl Template {
    /// # Errors
    /// Naming line and member that are wrong.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        if text.len() > TEMPLATE_BYTES_MAX {
            return Err(format!("longer than {TEMPLATE_BYTES_MAX} bytes"));
        }
        toml::from_str(text).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_that_comes_with_us_is_one() {
        for (name, text) in TEMPLATES {
            assert_eq!(Template::from_toml(text).unwrap().name, name);
        }
        assert!(builtin("a5").unwrap_err().contains("a4-35"));
    }
}
