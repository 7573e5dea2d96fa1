use alloy::primitives::{Address, B256, U256, utils::format_ether};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a run showed; also its JSON file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Rounds of training.
    pub rounds: Vec<Round>,
    /// The sequencer's head.
    pub sequencer: SequencerHead,
    /// The verifier's head.
    pub verifier: VerifierHead,
    /// Batches on L1.
    pub batches: u64,
    /// Checkpoints on L1, without the genesis'.
    pub checkpoints: u64,
    /// Of these, confirmed ones.
    pub confirmed_checkpoints: u64,
    /// A deposit from L1 to L2.
    pub deposit: Outcome,
    /// A withdrawal from L2 to L1: started, proven, finalized.
    pub withdrawal: Outcome,
    /// Where all ATN of L2 is.
    pub supply: Supply,
    /// From the first process to this summary, in seconds.
    pub seconds: f64,
}

/// One round of training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Task id.
    pub task: u64,
    /// Its solvers.
    pub solvers: Vec<Solver>,
    /// Votes revealed.
    pub votes: u64,
    /// The model that the aggregator published.
    pub model_id: B256,
    /// The published model's score on the round's hidden set, as the chain computes it.
    pub model_score: f64,
}

/// What became of a solver's work in a round.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Solver {
    /// Account.
    pub account: Address,
    /// Share of the hidden set that the float model gets right.
    pub float_accuracy: f64,
    /// Share that the integer model gets right, computed off chain.
    pub int8_accuracy: f64,
    /// Share that the chain says it gets right.
    pub chain_score: f64,
    /// Right answers of the integer model, computed off chain.
    pub int8_hits: u64,
    /// Right answers by the chain.
    pub chain_hits: u64,
    /// Size of the hidden set.
    pub count: u64,
    /// Reward, in ATN.
    pub reward_atn: String,
}

/// The sequencer's head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SequencerHead {
    /// Number.
    pub block: u64,
    /// Hash.
    pub hash: B256,
}

/// The verifier's head, and whether the sequencer has the same block.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VerifierHead {
    /// Number.
    pub safe_block: u64,
    /// Hash.
    pub safe_hash: B256,
    /// Whether the sequencer's block of this number has this hash.
    pub matches: bool,
}

/// Whether something worked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// It did.
    pub ok: bool,
}

/// L1-locked ATN = L2 supply + withdrawals in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supply {
    /// Locked in AnchorBridge, in wei.
    pub l1_locked_wei: U256,
    /// Sum of all native balances in the verifier's database, in wei.
    pub l2_supply_wei: U256,
    /// Burnt on L2 and not yet paid out on L1, in wei.
    pub in_flight_wei: U256,
}

/// The least accuracy of an integer model.
const LEAST_INT8_ACCURACY: f64 = 0.93;
/// The most that quantisation may cost.
const MOST_ACCURACY_LOSS: f64 = 0.02;

impl Summary {
    /// Everything that does not hold; empty for a run that did what it should.
    pub fn failures(&self, rounds: u64) -> Vec<String> {
        let mut failures = Vec::new();
        let mut expect = |holds: bool, what: String| {
            if !holds {
                failures.push(what);
            }
        };
        expect(self.rounds.len() as u64 == rounds, format!("{} rounds of {rounds} ended", self.rounds.len()));
        for round in &self.rounds {
            let task = round.task;
            expect(round.solvers.len() == 2, format!("task {task}: {} solvers, not 2", round.solvers.len()));
            expect(round.votes == 2, format!("task {task}: {} votes, not 2", round.votes));
            expect(!round.model_id.is_zero(), format!("task {task}: no model was published"));
            for solver in &round.solvers {
                solver.check(task, &mut expect);
            }
        }
        expect(self.verifier.matches, "the verifier has another chain than the sequencer".to_owned());
        expect(self.verifier.safe_block > 0, "the verifier derived nothing".to_owned());
        expect(self.batches > 0 && self.checkpoints > 0, "no batches or no checkpoints".to_owned());
        expect(self.deposit.ok, "the deposit did not arrive".to_owned());
        expect(self.withdrawal.ok, "the withdrawal was not paid out".to_owned());
        let Supply { l1_locked_wei, l2_supply_wei, in_flight_wei } = self.supply;
        expect(
            !l1_locked_wei.is_zero() && l1_locked_wei == l2_supply_wei + in_flight_wei,
            format!("L1 locks {l1_locked_wei} wei, L2 has {l2_supply_wei} wei and {in_flight_wei} wei are in flight"),
        );
        failures
    }
}

impl Solver {
    fn check(&self, task: u64, expect: &mut impl FnMut(bool, String)) {
        let who = format!("task {task}, solver {}", self.account);
        let (chain, own) = ((self.chain_hits, self.chain_score), (self.int8_hits, self.int8_accuracy));
        expect(chain == own && self.count > 0, format!("{who}: the chain scored {chain:?}, off chain it is {own:?}"));
        let int8 = self.int8_accuracy;
        expect(int8 >= LEAST_INT8_ACCURACY, format!("{who}: accuracy {int8:.4} is below {LEAST_INT8_ACCURACY}"));
        let loss = (self.float_accuracy - int8).abs();
        expect(loss <= MOST_ACCURACY_LOSS, format!("{who}: quantisation moved the accuracy by {loss:.4}"));
        expect(self.reward_atn != "0", format!("{who}: no reward"));
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "round  solver      float    int8     chain    reward")?;
        for (number, round) in (1..).zip(&self.rounds) {
            for solver in &round.solvers {
                let Solver { account, float_accuracy, int8_accuracy, chain_score, reward_atn, .. } = solver;
                let account = account.to_string();
                let percent =
                    [float_accuracy, int8_accuracy, chain_score].map(|share| format!("{:.2} %", share * 100.0));
                let [float, int8, chain] = percent;
                writeln!(f, "{number:<5}  {}  {float:<8} {int8:<8} {chain:<8} {reward_atn} ATN", &account[..10])?;
            }
            let score = round.model_score * 100.0;
            writeln!(f, "       {} votes; merged model {} scores {score:.2} %", round.votes, round.model_id)?;
        }
        let matches = if self.verifier.matches { "the same block" } else { "ANOTHER BLOCK" };
        let yes = |outcome: Outcome| if outcome.ok { "ok" } else { "FAILED" };
        writeln!(f)?;
        writeln!(f, "sequencer   block {} {}", self.sequencer.block, self.sequencer.hash)?;
        writeln!(
            f,
            "verifier    block {} {} from L1 alone: {matches}",
            self.verifier.safe_block, self.verifier.safe_hash
        )?;
        let (checkpoints, confirmed) = (self.checkpoints, self.confirmed_checkpoints);
        writeln!(f, "L1          {} batches, {checkpoints} checkpoints, {confirmed} of them confirmed", self.batches)?;
        writeln!(f, "bridge      deposit {}, withdrawal {}", yes(self.deposit), yes(self.withdrawal))?;
        let Supply { l1_locked_wei, l2_supply_wei, in_flight_wei } = self.supply;
        let [locked, supply, flight] = [l1_locked_wei, l2_supply_wei, in_flight_wei].map(format_ether);
        writeln!(f, "ATN         {locked} locked on L1 = {supply} on L2 + {flight} in flight")?;
        write!(f, "time        {:.1} s", self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Summary {
        let solver = Solver {
            float_accuracy: 0.97,
            int8_accuracy: 0.96875,
            chain_score: 0.96875,
            int8_hits: 124,
            chain_hits: 124,
            count: 128,
            reward_atn: "5".to_owned(),
            ..Default::default()
        };
        let round = Round {
            solvers: vec![solver.clone(), solver],
            votes: 2,
            model_id: B256::repeat_byte(1),
            ..Default::default()
        };
        Summary {
            rounds: vec![round.clone(), round],
            verifier: VerifierHead { safe_block: 9, matches: true, ..Default::default() },
            batches: 3,
            checkpoints: 2,
            deposit: Outcome { ok: true },
            withdrawal: Outcome { ok: true },
            supply: Supply {
                l1_locked_wei: U256::from(10),
                l2_supply_wei: U256::from(8),
                in_flight_wei: U256::from(2),
            },
            ..Default::default()
        }
    }

    #[test]
    fn each_promise_that_is_broken_fails_the_run() {
        assert_eq!(good().failures(2), Vec::<String>::new());
        assert_eq!(good().failures(3).len(), 1);
        let breaks: [fn(&mut Summary); 11] = [
            |s| s.rounds[0].solvers[0].chain_score += f64::EPSILON,
            |s| s.rounds[1].solvers[1].chain_hits += 1,
            |s| s.rounds[0].solvers[0].float_accuracy = 0.9888,
            |s| s.rounds[0].votes = 1,
            |s| s.rounds[0].model_id = B256::ZERO,
            |s| drop(s.rounds[0].solvers.pop()),
            |s| s.verifier.matches = false,
            |s| s.deposit.ok = false,
            |s| s.withdrawal.ok = false,
            |s| s.supply.in_flight_wei += U256::from(1),
            |s| s.rounds[0].solvers[0].reward_atn = "0".to_owned(),
        ];
        for (number, change) in breaks.iter().enumerate() {
            let mut summary = good();
            change(&mut summary);
            assert_eq!(summary.failures(2).len(), 1, "break {number}: {:?}", summary.failures(2));
        }
        let mut weak = good();
        weak.rounds[0].solvers[0] = Solver {
            int8_accuracy: 0.92,
            chain_score: 0.92,
            float_accuracy: 0.93,
            ..weak.rounds[0].solvers[0].clone()
        };
        assert_eq!(weak.failures(2).len(), 1);
    }
}
