//! The program on a folder of evidence.

use crate::{
    proofs::{claim, evidence},
    scenario::chain,
};
use autonet_fpvm::{HistoryCommitment, Machine, StepWitness};
use autonet_fraud_prover::{Evidence, EvidenceHost, ProverError, Span, guest};
use std::{fs, path::Path, process::Command};
use tempfile::TempDir;

fn saved() -> (Evidence, TempDir, String) {
    let chain = chain();
    let evidence = evidence(&chain, &Span::batches(&chain, 7, 9).expect("a span"));
    assert!(!evidence.tensors.is_empty(), "batches that use tensors");
    let folder = tempfile::tempdir().expect("a folder");
    evidence.save(folder.path()).expect("saved");
    (evidence, folder, claim(&chain, 9).to_string())
}

fn said(folder: &Path, command: &str, more: &[&str]) -> (bool, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_autonet-fraud-prover"));
    let output = program.arg(command).arg("--evidence").arg(folder).args(more).output().expect("it starts");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("text")).concat();
    (output.status.success(), said)
}

#[test]
fn evidence_is_read_as_it_was_saved_and_every_file_is_checked() {
    let (evidence, folder, _) = saved();
    assert_eq!(Evidence::load(folder.path()).expect("loaded"), evidence);
    for part in ["preimages", "tensors"] {
        let mut files = fs::read_dir(folder.path().join(part)).expect("a folder");
        let path = files.next().expect("a file").expect("a file").path();
        let sound = fs::read(&path).expect("a file");
        fs::write(&path, [&sound[..], &[0]].concat()).expect("written");
        let refused = Evidence::load(folder.path());
        assert!(matches!(refused, Err(ProverError::Malformed { path: of }) if of == path), "{part}");
        fs::write(&path, sound).expect("written");
    }
    fs::remove_file(folder.path().join("locals.json")).expect("removed");
    assert!(matches!(Evidence::load(folder.path()), Err(ProverError::File { .. })));
}

#[test]
fn run_commit_and_witness_say_what_the_library_does() {
    let (evidence, folder, output) = saved();
    let (ok, run) = said(folder.path(), "run", &[]);
    assert!(ok && run.contains(&output), "{run}");

    let mut host = EvidenceHost::new(&evidence);
    let mut machine = Machine::new(&guest().expect("the guest"));
    machine.run(&mut host, 5_000).expect("answers");
    let before = machine.snapshot();
    let root = HistoryCommitment::root_of(&mut machine, &mut host, 1 << 10, 5, |_| ()).expect("answers");
    let (ok, commit) = said(folder.path(), "commit", &["--start", "5000", "--stride-log2", "10", "--height", "5"]);
    assert!(ok && commit.contains(&root.to_string()), "{commit}");

    machine.restore(&before);
    let witness = StepWitness::take(&mut machine, &mut host).expect("answers");
    let (ok, json) = said(folder.path(), "witness", &["--step", "5000"]);
    assert!(ok, "{json}");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["post"], witness.post.to_string());
    assert_eq!(json["state"], format!("0x{}", hex::encode(witness.state)));
    assert_eq!(json["memoryProof"], format!("0x{}", hex::encode(witness.memory_proof)));
}

#[test]
fn what_cannot_be_proven_is_a_sentence_and_a_status() {
    let (mut evidence, folder, _) = saved();
    let (ok, past_the_end) = said(folder.path(), "witness", &["--step", "99999999999"]);
    assert!(!ok && past_the_end.contains("the run has only"), "{past_the_end}");
    evidence.set_local(autonet_guest::LocalInput::TargetBlock, alloy_primitives::B256::repeat_byte(1));
    evidence.save(folder.path()).expect("saved");
    let (ok, refused) = said(folder.path(), "run", &[]);
    assert!(!ok && refused.contains("the claim cannot be derived"), "{refused}");
    let batch = Evidence { preimages: Default::default(), ..evidence };
    let empty = tempfile::tempdir().expect("a folder");
    batch.save(empty.path()).expect("saved");
    let (ok, lacking) = said(empty.path(), "run", &[]);
    assert!(!ok && lacking.contains("has no Keccak preimage") && !lacking.contains("panicked"), "{lacking}");
}
