//! Passwords lie in files or in the environment, never in the file of sources.

use std::path::Path;

use anyhow::Context as _;
use archive::Secret;

use super::beside;
use super::file::Login;

/// MQTT's strings have a length of 16 bits (MQTT 5, section 1.5.4).
const MQTT_BYTES_MAX: usize = 65_535;

/// The password of a login.
pub(super) fn read(login: &Login, directory: &Path) -> anyhow::Result<Secret> {
    anyhow::ensure!(
        !login.user.is_empty() && login.user.len() <= MQTT_BYTES_MAX && !login.user.contains('\0'),
        "login.user is none that MQTT can say"
    );
    let (password, place) = match (&login.password_file, &login.password_env) {
        (Some(file), None) => {
            let path = beside(directory, file);
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("read the password in {}", path.display()))?;
            // Editors end a file with a line break.
            let password = text.trim_end_matches(['\n', '\r']).to_owned();
            (password, path.display().to_string())
        }
        (None, Some(name)) => {
            let password = std::env::var(name)
                .ok()
                .with_context(|| format!("the variable {name} of login.password_env is not set"))?;
            (password, name.clone())
        }
        (None, None) => {
            anyhow::bail!("login has no password: say password_file = \"FILE\" or password_env = \"NAME\"")
        }
        (Some(_), Some(_)) => {
            anyhow::bail!("login has password_file and password_env: one of them is enough")
        }
    };
    anyhow::ensure!(
        password.len() <= MQTT_BYTES_MAX,
        "the password in {place} has {} bytes, MQTT takes {MQTT_BYTES_MAX}",
        password.len()
    );
    Ok(Secret::new(password))
}
