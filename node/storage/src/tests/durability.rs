use super::{
    dump, genesis,
    model::{Model, Op, position},
    open, options,
};
use crate::{BatchOrigin, BatchRecord, BlockId, Storage, StorageError, meta};
use alloy_primitives::B256;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

const WRITER_DIR: &str = "AUTONET_STORAGE_TEST_DIR";

fn refusal(dir: &Path, change: impl FnOnce(&mut autonet_primitives::Genesis)) -> String {
    let mut other = genesis();
    change(&mut other);
    Storage::open(dir, &other, &options()).unwrap_err().to_string()
}

#[test]
fn a_directory_of_another_chain_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(&dir));
    let refusals = [
        ("chain id is 42, the genesis file says 43", refusal(dir.path(), |g| g.config.l2_chain_id = 43)),
        ("config hash is", refusal(dir.path(), |g| g.config.force_window_s += 1)),
        ("genesis hash is", refusal(dir.path(), |g| g.timestamp += 1)),
        ("genesis hash is", refusal(dir.path(), |g| drop(g.alloc.pop_first()))),
    ];
    for (what, message) in refusals {
        assert!(message.contains(what) && message.contains("use the genesis file that it was made with"), "{message}");
    }
    open(&dir);
}

#[test]
fn a_directory_that_cannot_be_used_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let storage = open(&dir);
    let locked = Storage::open(&dir, &genesis(), &options()).unwrap_err();
    assert!(matches!(locked, StorageError::Locked { .. }), "{locked}");
    drop(storage);

    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let unwritable = Storage::open(file.join("below"), &genesis(), &options()).unwrap_err();
    assert!(matches!(unwritable, StorageError::Unwritable { .. }), "{unwritable}");

    let empty = Storage::open_read_only(dir.path().join("nothing"), &options()).unwrap_err();
    assert!(matches!(empty, StorageError::Empty { .. }), "{empty}");
    assert!(!dir.path().join("nothing").exists(), "reading creates nothing");
}

#[test]
fn another_schema_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let storage = open(&dir);
    let mut batch = storage.db.batch();
    meta::put_schema(&mut batch, 99);
    batch.write_synced().unwrap();
    drop(storage);
    let error = Storage::open(&dir, &genesis(), &options()).unwrap_err();
    assert!(matches!(error, StorageError::Schema { found: 99, .. }), "{error}");
}

#[test]
fn a_reader_beside_the_writer_sees_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    let storage = open(&dir);
    let mut model = Model::new();
    storage.commit(model.push(&[Op::Balance(1, 1)], 1), position(1)).unwrap();
    let reader = Storage::open_read_only(&dir, &options()).unwrap();
    assert_eq!((reader.genesis(), dump(&reader)), (&genesis(), dump(&storage)));
    assert!(reader.commit(model.push(&[], 1), position(2)).is_err());
}

#[test]
fn batches_and_notes_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let storage = open(&dir);
    let record = |n: u64| BatchRecord {
        last_block: BlockId { number: n, hash: B256::repeat_byte(n as u8) },
        delayed_count: n + 1,
        last_timestamp: n + 2,
        origin: BatchOrigin { l1_block: n + 3, acc: B256::repeat_byte(5) },
    };
    for index in 0..3 {
        storage.push_batch(index, &record(index)).unwrap();
    }
    storage.set_finalized_batch_count(1).unwrap();
    storage.truncate_batches(2).unwrap();
    storage.set_note("poster", Some(b"pending")).unwrap();
    drop(storage);
    let storage = open(&dir);
    assert_eq!((storage.batch_count().unwrap(), storage.finalized_batch_count().unwrap()), (2, 1));
    assert_eq!((storage.batch(1).unwrap(), storage.batch(2).unwrap()), (Some(record(1)), None));
    assert_eq!(storage.block_of_batches(2).unwrap(), Some(record(1).last_block));
    assert_eq!(storage.block_of_batches(0).unwrap(), Some(storage.header(0).unwrap().unwrap().id));
    assert_eq!(storage.note("poster").unwrap().as_deref(), Some(&b"pending"[..]));
    storage.set_note("poster", None).unwrap();
    assert_eq!(storage.note("poster").unwrap(), None);
}

/// The ops of block `number` of the writer below.
fn ops(number: u64) -> Vec<Op> {
    (0..8).flat_map(|n| [Op::Balance(n, number), Op::Slot(n, number as u8, number * 3 + 1)]).collect()
}

#[test]
#[ignore = "run by the test below, in a process that is killed"]
fn writer() {
    let Ok(dir) = std::env::var(WRITER_DIR) else { return };
    let storage = open(dir);
    let mut model = Model::new();
    for number in 1.. {
        storage.commit(model.push(&ops(number), 1), position(number)).unwrap();
        println!("durable {number}");
    }
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let (dir, straight) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["tests::durability::writer", "--exact", "--ignored", "--nocapture"])
        .env(WRITER_DIR, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut durable = lines.filter_map(|line| line.strip_prefix("durable ")?.parse::<u64>().ok());
    let acknowledged = durable.find(|number| *number >= 40).unwrap();
    child.kill().unwrap();
    let acknowledged = durable.last().unwrap_or(acknowledged);
    child.wait().unwrap();

    let storage = open(&dir);
    let head = storage.head().unwrap().number;
    assert!(head >= acknowledged, "head {head}, acknowledged {acknowledged}");
    let (mut model, replayed) = (Model::new(), open(&straight));
    for number in 1..=head {
        replayed.commit(model.push(&ops(number), 1), position(number)).unwrap();
    }
    assert_eq!(dump(&storage), dump(&replayed));
}
