//! The official clients and the judges of the action, installed in pinned versions below `target/judges`.
//!
//! Nothing is asked of a registry while the stamp of what is installed fits the requirement files. Which
//! registry answers is the person's own setting of pip and npm.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// The interpreter, in the folder of programs of a virtual environment.
pub(crate) const PYTHON: &str = if cfg!(windows) {
    "python.exe"
} else {
    "python"
};

/// The folder of programs, in a virtual environment.
const PROGRAMS: &str = if cfg!(windows) { "Scripts" } else { "bin" };

/// What to run scripts with.
pub(crate) struct Tools {
    pub(crate) python: PathBuf,
    pub(crate) node: PathBuf,
    /// Where Node.js finds the client.
    pub(crate) node_modules: PathBuf,
    /// The folder with the judges of action.yml and the workflows, Python among them.
    pub(crate) action: PathBuf,
}

impl Tools {
    /// Installs what is missing. `folder` holds the requirement files. The error says what a person has to
    /// install first.
    pub(crate) fn install(folder: &Path, into: &Path) -> Result<Self, String> {
        let told = |error: std::io::Error| format!("{}: {error}", into.display());
        fs::create_dir_all(into).map_err(told)?;
        // Another run (cargo-nextest starts one for each test) waits until this one has installed.
        let lock = File::create(into.join("lock")).map_err(told)?;
        lock.lock().map_err(told)?;
        let tools = Self {
            python: into.join("venv").join(PROGRAMS).join(PYTHON),
            node: PathBuf::from("node"),
            node_modules: into.join("node/node_modules"),
            action: into.join("action").join(PROGRAMS),
        };
        for (name, requirements, what) in [
            ("venv", "python", "the official client for Python"),
            ("action", "action", "the judges of the action"),
        ] {
            let requirements = folder.join(requirements).join("requirements.txt");
            install_python(&requirements, into, name, what)?;
        }
        install_node(&folder.join("node"), into)?;
        Ok(tools)
    }
}

/// Makes the virtual environment `name` hold what the file asks for.
fn install_python(
    requirements: &PathBuf,
    into: &Path,
    name: &str,
    what: &str,
) -> Result<(), String> {
    let needed = "install Python 3.10 or newer with venv and pip (Debian: apt-get install python3 python3-venv)";
    let version = call(Command::new("python3").arg("--version"), needed)?;
    let environment = into.join(name);
    let python = environment.join(PROGRAMS).join(PYTHON);
    let stamp = Stamp::of(
        environment.with_extension("stamp"),
        &[requirements],
        &version,
    )?;
    if stamp.fits() && python.is_file() {
        return Ok(());
    }
    println!("judges: installing {what} into {}", into.display());
    let mut venv = Command::new("python3");
    call(
        venv.args(["-m", "venv", "--clear"]).arg(&environment),
        needed,
    )?;
    call(
        Command::new(python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(requirements),
        "pip could not install the packages; look at what it says",
    )?;
    stamp.write()
}

fn install_node(folder: &Path, into: &Path) -> Result<(), String> {
    let needed = "install Node.js 18 or newer with npm (Debian: apt-get install nodejs npm)";
    let version = call(Command::new("node").arg("--version"), needed)?;
    let files = [
        folder.join("package.json"),
        folder.join("package-lock.json"),
    ];
    let stamp = Stamp::of(into.join("node.stamp"), &[&files[0], &files[1]], &version)?;
    let node = into.join("node");
    if stamp.fits() && node.join("node_modules").is_dir() {
        return Ok(());
    }
    println!(
        "judges: installing the official client for Node.js into {}",
        into.display()
    );
    fs::create_dir_all(&node).map_err(|error| format!("{}: {error}", node.display()))?;
    for file in &files {
        let name = file.file_name().unwrap_or_default();
        fs::copy(file, node.join(name)).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    call(
        Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&node),
        needed,
    )?;
    stamp.write()
}

/// Runs a command to its end and returns what it printed. `needed` says what to do when it fails.
fn call(command: &mut Command, needed: &str) -> Result<String, String> {
    let line = format!("{command:?}");
    let output = command
        .output()
        .map_err(|error| format!("{line} could not be started ({error}): {needed}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{line} failed ({}): {needed}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}

/// A digest of what an installation was made from, kept beside it.
struct Stamp {
    file: PathBuf,
    digest: String,
}

impl Stamp {
    fn of(file: PathBuf, made_from: &[&PathBuf], version: &str) -> Result<Self, String> {
        let mut hash = Sha256::new();
        hash.update(version);
        for path in made_from {
            let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
            hash.update(bytes);
        }
        let digest = hash
            .finalize()
            .iter()
            .fold(String::new(), |mut text, byte| {
                use std::fmt::Write as _;
                let _ = write!(text, "{byte:02x}");
                text
            });
        Ok(Self { file, digest })
    }

    fn fits(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|known| known == self.digest)
    }

    fn write(&self) -> Result<(), String> {
        fs::write(&self.file, &self.digest)
            .map_err(|error| format!("{}: {error}", self.file.display()))
    }
}
