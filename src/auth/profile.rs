//! Credentials from the profile file of the official SDKs.

use std::path::{Path, PathBuf};

use ini::Ini;
use zeroize::Zeroizing;

use super::{Credentials, CredentialsError, ProvideCredentials, Variables};
use crate::clock::BoxFuture;

/// Credentials from a profile file: an INI file with a section `[basic]`.
///
/// ```ini
/// [basic]
/// ak = QTWAOYTTINDUT2QVKYUC
/// sk = ...
/// project_id = a4d31cb6-3d72-4fdc-8ec9-6e3a41e47f71
/// security_token = ...
/// iam_endpoint = https://iam.myhuaweicloud.com
/// ```
///
/// `ak` and `sk` are needed, the others are not. Other keys, such as `domain_id`, are not used by
/// the operations here. The file is `~/.huaweicloud/credentials`, or the one that
/// `HUAWEICLOUD_SDK_CREDENTIALS_FILE` names.
#[derive(Clone, Debug)]
pub struct ProfileProvider {
    /// Nothing where there is neither the variable nor a home.
    file: Option<PathBuf>,
    /// Whether somebody named the file, who expects it to be there.
    named: bool,
}

impl ProfileProvider {
    /// Reads the user's profile file, each time it is asked.
    pub fn new() -> Self {
        Self::with(&Variables::of_process())
    }

    /// Reads a file of your choice.
    pub fn from_file(file: impl Into<PathBuf>) -> Self {
        Self {
            file: Some(file.into()),
            named: true,
        }
    }

    pub(crate) fn with(variables: &Variables) -> Self {
        let file = variables.file("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "credentials");
        Self {
            named: file.as_ref().is_some_and(|(_, named)| *named),
            file: file.map(|(path, _)| path),
        }
    }

    /// Whether there is a file to read, or should be.
    pub(crate) fn is_there(&self) -> bool {
        self.named || self.file.as_ref().is_some_and(|file| file.exists())
    }

    /// The whole profile, for the project and the endpoint that it may name.
    pub(crate) fn read(&self) -> Result<Profile, CredentialsError> {
        match &self.file {
            Some(file) => Profile::read(file),
            None => Err(CredentialsError::new(
                "profile: neither HUAWEICLOUD_SDK_CREDENTIALS_FILE nor HOME is set",
            )),
        }
    }
}

impl Default for ProfileProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl ProvideCredentials for ProfileProvider {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(async { Ok(self.read()?.credentials) })
    }
}

/// What a profile file holds.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) credentials: Credentials,
    pub(crate) project_id: Option<String>,
    pub(crate) iam_endpoint: Option<String>,
}

impl Profile {
    fn read(file: &Path) -> Result<Self, CredentialsError> {
        let error =
            |reason: String| CredentialsError::new(format!("profile {}: {reason}", file.display()));
        let text = std::fs::read_to_string(file).map(Zeroizing::new);
        let text = text.map_err(|e| error(format!("cannot be read: {e}")))?;
        Self::parse(&text).map_err(error)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        // Keys hold backslashes and hashes as plain characters. A parse error quotes nothing.
        let options = ini::ParseOption {
            enabled_escape: false,
            // The parser takes quotes out of the middle of a value; `get` takes those around it alone.
            enabled_quote: false,
            ..ini::ParseOption::default()
        };
        // Even so, the parser goes on with the next line behind a backslash at the end of one; it does
        // not where a space follows, which does not count.
        let text = Zeroizing::new(text.replace("\\\n", "\\ \n"));
        let text = Zeroizing::new(text.replace("\\\r", "\\ \r"));
        let file = Ini::load_from_str_opt(&text, options)
            .map_err(|e| format!("is not an INI file: line {}, column {}", e.line, e.col))?;
        let section = file
            .section(Some("basic"))
            .ok_or("has no section [basic]")?;
        let get = |key: &str| {
            let value = section.get(key).map(|value| unquoted(value.trim()).trim());
            value.filter(|value| !value.is_empty()).map(str::to_string)
        };
        let need = |key: &str| get(key).ok_or_else(|| format!("has no `{key}` in [basic]"));
        let credentials = Credentials::new(need("ak")?, need("sk")?);
        Ok(Self {
            credentials: match get("security_token") {
                Some(token) => credentials.security_token(token),
                None => credentials,
            },
            project_id: get("project_id"),
            iam_endpoint: get("iam_endpoint"),
        })
    }
}

/// A value without the quotes around it, if it has any.
fn unquoted(value: &str) -> &str {
    let without = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    without('"').or_else(|| without('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_gives_keys_project_and_endpoint() {
        let profile = Profile::parse(
            "# mine\n[basic]\nak = key\nsk=a\\b#c;d\nproject_id = p \niam_endpoint=https://iam.example\ndomain_id = d\n",
        )
        .unwrap();
        assert!(format!("{:?}", profile.credentials).contains("\"key\""));
        let super::super::Kind::Key { secret_key, .. } = profile.credentials.kind() else {
            panic!("a profile holds keys")
        };
        assert_eq!(secrecy::ExposeSecret::expose_secret(secret_key), "a\\b#c;d");
        assert_eq!(profile.project_id.as_deref(), Some("p"));
        assert_eq!(profile.iam_endpoint.as_deref(), Some("https://iam.example"));
    }

    #[test]
    fn quotes_around_a_value_go_and_others_stay() {
        for (written, read) in [
            ("\"key\"", "key"),
            ("' key '", "key"),
            ("'se\"cret't'", "se\"cret't"),
            ("k\"e'y", "k\"e'y"),
            ("\"key", "\"key"),
            ("\"", "\""),
        ] {
            let text = format!("[basic]\r\nak = {written}\r\nsk = s\r\n");
            let profile = Profile::parse(&text).unwrap();
            assert_eq!(profile.credentials.identity(), read, "{text}");
        }
        assert!(Profile::parse("[basic]\nak=''\nsk=s").is_err());
    }

    #[test]
    fn a_backslash_at_the_end_of_a_line_is_a_part_of_the_value() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("[basic]{end}ak = key\\{end}sk = a\\\\{end}project_id = p\\");
            let profile = Profile::parse(&text).unwrap();
            assert_eq!(profile.credentials.identity(), "key\\", "{text:?}");
            assert_eq!(profile.project_id.as_deref(), Some("p\\"));
        }
    }

    #[test]
    fn what_is_missing_is_named_and_no_secret_shown() {
        for (text, reason) in [
            ("", "has no section [basic]"),
            ("[global]\nak=a\nsk=b", "has no section [basic]"),
            ("[basic]\nak=a", "has no `sk` in [basic]"),
            ("[basic]\nak=\nsk=sesame", "has no `ak` in [basic]"),
            ("[basic\nsk=sesame", "is not an INI file: line"),
        ] {
            let error = Profile::parse(text).unwrap_err();
            assert!(error.contains(reason), "{text:?}: {error}");
            assert!(!error.contains("sesame"), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = ProfileProvider::from_file("/nowhere/credentials")
            .read()
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("profile /nowhere/credentials: cannot be read:")
        );
        let error = ProfileProvider::with(&Variables::of(&[]))
            .read()
            .unwrap_err();
        assert!(error.to_string().contains("neither"));
    }
}
