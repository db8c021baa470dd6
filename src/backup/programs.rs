//! PostgreSQL's own programs, run as they are: nothing knows better how to
//! write one of its databases down. The password goes to them by their
//! environment, which other users cannot see.

use std::{
    ffi::OsStr,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, bail};

use crate::{config::Secret, infra::postgres_programs};

/// Runs a program to its end; what it said last is why it failed.
pub(super) async fn run<S: AsRef<OsStr>>(
    name: &'static str,
    arguments: impl IntoIterator<Item = S>,
    url: Option<&Secret>,
) -> anyhow::Result<()> {
    let mut command = Command::new(find(name)?);
    command.args(arguments);
    if let Some(url) = url {
        let (address, password) = apart(url)?;
        command.arg("--dbname").arg(address);
        if let Some(password) = password {
            command.env("PGPASSWORD", password.expose());
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.stderr(Stdio::piped()).output());
    let output = output
        .await?
        .with_context(|| format!("{name} cannot be run"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().find(|line| !line.trim().is_empty());
        bail!("{}", why.unwrap_or("it did not say why").trim());
    }
    Ok(())
}

fn find(name: &str) -> anyhow::Result<PathBuf> {
    let folder = postgres_programs::folder_of(&[name]).with_context(|| {
        format!(
            "{name} is not on this machine: install PostgreSQL's client programs, of the server's \
             version or a newer one (Debian: postgresql-client), or run it where the server is"
        )
    })?;
    Ok(folder.join(name))
}

/// The address without its password, and the password.
fn apart(url: &Secret) -> anyhow::Result<(String, Option<Secret>)> {
    let mut url = url::Url::parse(url.expose()).context("DATABASE_URL cannot be read")?;
    let password = url.password().map(decoded).transpose()?;
    if password.is_some() && url.set_password(None).is_err() {
        bail!("DATABASE_URL cannot be read without its password");
    }
    Ok((url.to_string(), password.map(Secret::new)))
}

/// In a URL, `%40` stands for `@`, and so on.
fn decoded(text: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let byte = hex::decode([*high, *low]).context("DATABASE_URL cannot be read")?;
                bytes.extend(byte);
                after
            }
            _ => {
                bytes.push(*first);
                after
            }
        };
    }
    String::from_utf8(bytes).context("DATABASE_URL cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_no_argument() {
        let (address, password) = apart(&Secret::new(
            "postgres://u:p%40ss@db:5433/r?sslmode=require",
        ))
        .unwrap();
        assert_eq!(address, "postgres://u@db:5433/r?sslmode=require");
        assert_eq!(password.unwrap().expose(), "p@ss");
        let (address, password) = apart(&Secret::new("postgres://u@db/r")).unwrap();
        assert_eq!(
            (address.as_str(), password.is_none()),
            ("postgres://u@db/r", true)
        );
    }
}
