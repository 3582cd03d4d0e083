//! Text search for Chinese: every pair of neighbouring characters of a text, kept in an array under a GIN index.
//!
//! Words of two characters are the rule in Chinese; trigram indexes cannot answer them. A query finds the rows that
//! hold all its pairs, then the text itself is compared, so that pairs from different places do not count.

use unicode_normalization::UnicodeNormalization;

/// A text as it is compared: full-width forms folded (NFKC), lower case, white space gone.
pub fn folded(text: &str) -> String {
    text.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| !c.is_whitespace())
        .collect()
}

/// The distinct pairs of a text, sorted, and each single character, so that one character can be asked for too.
pub fn of(text: &str) -> Vec<String> {
    let characters: Vec<char> = folded(text).chars().collect();
    let mut grams: Vec<String> = characters.windows(2).map(|pair| pair.iter().collect()).collect();
    grams.extend(characters.iter().map(char::to_string));
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// The grams that a row must hold to contain `query`.
pub fn wanted(query: &str) -> Vec<String> {
    let characters: Vec<char> = folded(query).chars().collect();
    let mut grams: Vec<String> = match characters.len() {
        0 => Vec::new(),
        1 => vec![characters.iter().collect()],
        _ => characters.windows(2).map(|pair| pair.iter().collect()).collect(),
    };
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// The pattern of LIKE that finds `query` within a folded text.
pub fn pattern(query: &str) -> String {
    let text = folded(query)
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{text}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_two_character_word_is_one_pair() {
        assert_eq!(wanted("医院"), ["医院"]);
        assert!(of("民勤县人民医院").contains(&"医院".to_owned()));
    }

    #[test]
    fn signs_of_a_pattern_stand_for_themselves() {
        assert_eq!(pattern("50%_a\\"), "%50\\%\\_a\\\\%");
    }

    #[test]
    fn full_width_and_case_do_not_matter() {
        assert_eq!(wanted("ＡＢ"), wanted("ab"));
    }
}
