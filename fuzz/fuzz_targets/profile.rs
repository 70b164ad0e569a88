//! Profile files: what is read stands in the file, no secret is shown, and a refusal quotes nothing.
#![no_main]

use huaweicloud_tasks::fuzzing::profile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match profile(text) {
        Ok(profile) => {
            let given = [
                Some(&profile.access_key),
                Some(&profile.secret_key),
                profile.security_token.as_ref(),
                profile.project_id.as_ref(),
                profile.iam_endpoint.as_ref(),
            ];
            for value in given.into_iter().flatten() {
                assert!(!value.is_empty() && value.trim() == value, "{value:?}");
                assert!(
                    text.contains(value.as_str()),
                    "{value:?} is not in the file"
                );
            }
            // A key of few letters may stand in the words around it.
            let shown = [
                Some(profile.access_key.as_str()),
                profile.project_id.as_deref(),
                profile.iam_endpoint.as_deref(),
            ];
            for secret in [Some(&profile.secret_key), profile.security_token.as_ref()] {
                if let Some(secret) = secret
                    && secret.len() > 8
                    && !shown.iter().flatten().any(|shown| shown.contains(secret.as_str()))
                    && !"Profile { credentials: Credentials { access_key: security_token: Some(\"[REDACTED]\"), project_id: iam_endpoint: None } }".contains(secret.as_str())
                {
                    assert!(!profile.debug.contains(secret.as_str()), "{}", profile.debug);
                }
            }
        }
        Err(reason) => {
            let known = [
                "has no section [basic]",
                "has no `ak` in [basic]",
                "has no `sk` in [basic]",
            ];
            let place = reason.strip_prefix("is not an INI file: line ");
            let numbers = |text: &str| {
                text.chars()
                    .all(|c| c.is_ascii_digit() || ", column".contains(c))
            };
            assert!(
                known.contains(&reason.as_str()) || place.is_some_and(numbers),
                "{reason}"
            );
        }
    }
});
