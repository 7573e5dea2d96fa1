//! What an agent must not forget: secrets behind its commitments, and where it stands.

use crate::error::AgentError;
use alloy::primitives::B256;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    ops::{Deref, DerefMut},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A value in a JSON file that survives `kill -9` from one [`Journal::save`] to the next. The file is readable by its
/// owner only, and one process at a time has it open.
#[derive(Debug)]
pub struct Journal<T> {
    path: PathBuf,
    genesis: B256,
    value: T,
    _lock: File,
}

#[derive(Serialize, Deserialize)]
struct Record<T> {
    /// Hash of block 0: state of one chain is of no use on another.
    genesis: B256,
    value: T,
}

impl<T: Serialize + DeserializeOwned + Default> Journal<T> {
    /// Opens `folder/name.json`, or starts with the default.
    pub fn open(folder: &Path, name: &str, genesis: B256) -> Result<Self, AgentError> {
        let path = folder.join(format!("{name}.json"));
        let failed = |source| AgentError::State { path: path.clone(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = private().create(true).write(true).truncate(false).open(path.with_extension("lock"));
        let lock = lock.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(AgentError::StateInUse(path)),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let value = match fs::read(&path) {
            Ok(bytes) => {
                let record: Record<T> = serde_json::from_slice(&bytes).map_err(|error| failed(error.into()))?;
                if record.genesis != genesis {
                    return Err(AgentError::OtherChain(path));
                }
                record.value
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => T::default(),
            Err(error) => return Err(failed(error)),
        };
        Ok(Self { path, genesis, value, _lock: lock })
    }

    /// Writes the value; once this returns, it is on the disk.
    pub fn save(&self) -> Result<(), AgentError> {
        self.write().map_err(|source| AgentError::State { path: self.path.clone(), source })
    }

    fn write(&self) -> io::Result<()> {
        let bytes = serde_json::to_vec(&Record { genesis: self.genesis, value: &self.value })?;
        let temporary = self.path.with_extension("new");
        let mut file = private().create(true).write(true).truncate(true).open(&temporary)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &self.path)?;
        // The rename itself is in the folder.
        self.path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }
}

impl<T> Deref for Journal<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Journal<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    type Secrets = Journal<Vec<u64>>;

    #[test]
    fn what_was_saved_is_there_after_a_restart_and_what_was_not_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Secrets::open(folder.path(), "solver", B256::ZERO).unwrap();
        journal.push(1);
        journal.save().unwrap();
        journal.push(2);
        drop(journal);
        let journal = Secrets::open(folder.path(), "solver", B256::ZERO).unwrap();
        assert_eq!(*journal, vec![1]);
        let mode = fs::metadata(folder.path().join("solver.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn another_chain_or_another_process_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Secrets::open(folder.path(), "solver", B256::ZERO).unwrap();
        journal.save().unwrap();
        let second = Secrets::open(folder.path(), "solver", B256::ZERO);
        assert!(matches!(second, Err(AgentError::StateInUse(_))));
        drop(journal);
        let other = Secrets::open(folder.path(), "solver", B256::repeat_byte(1));
        assert!(matches!(other, Err(AgentError::OtherChain(_))));
    }
}
