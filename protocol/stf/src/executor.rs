//! One block, step by step.

use crate::{
    Error, ExecutedBlock, Extra, Included, Recovered, Rules, SealedHeader, Skipped, SkippedInput, Source, State,
    StateReader, TxOutcome,
    evm::Evm,
    fees::{data_fee_floor, next_base_fee},
    header, l1,
    reads::Reads,
    receipt::{Effect, receipt, tensor_pins},
    recover_transaction,
    transaction::{deposit, recover_forced, tx_env},
};
use alloc::vec::Vec;
use alloy_consensus::{Header, Sealable, Transaction};
use alloy_eips::{eip2718::Encodable2718, eip2935::HISTORY_STORAGE_ADDRESS, eip4788::BEACON_ROOTS_ADDRESS};
use alloy_primitives::{Address, B256, U256};
use autonet_primitives::{
    BlockInput, ChainConfig, DelayedKind, DelayedMessage, Receipt, TxEnvelope,
    addresses::{L1_CONTEXT, L2_MESSENGER},
};
use autonet_trie::EMPTY_ROOT;
use op_alloy_consensus::TxDeposit;
use revm::context::{BlockEnv, CfgEnv};

/// Builds a block: the prologue and the delayed messages first, then transactions one by one, then the roots.
pub struct BlockExecutor<'a, S: StateReader> {
    config: &'a ChainConfig,
    evm: Evm<'a, S>,
    /// State root before the block.
    old_root: B256,
    l1_base_fee: U256,
    /// Without roots.
    header: Header,
    transactions: Vec<TxEnvelope>,
    senders: Vec<Address>,
    receipts: Vec<Receipt>,
    skipped: Vec<SkippedInput>,
    /// Transactions seen after the delayed messages.
    seen: usize,
}

impl<'a, S: StateReader> BlockExecutor<'a, S> {
    /// Starts the block after `parent`, whose state is `state`, and runs the system calls and the delayed messages.
    pub fn new(
        config: &'a ChainConfig,
        parent: &SealedHeader,
        timestamp: u64,
        delayed: &[DelayedMessage],
        state: &'a S,
    ) -> Result<Self, Error<S::Error>> {
        let mut reads = Reads::new(state, (parent.number, parent.hash()));
        let l1 = l1::newest_context(delayed, &mut reads)?;
        let number = parent.number + 1;
        let header = Header {
            parent_hash: parent.hash(),
            number,
            gas_limit: config.gas_limit,
            timestamp,
            mix_hash: l1::prev_randao(&l1, number),
            base_fee_per_gas: Some(next_base_fee(config, parent.header())),
            parent_beacon_block_root: Some(l1.parent_hash),
            ..header::blank()
        };
        let rules = Rules::Rollup { fee_recipient: config.sequencer_fee_recipient };
        let mut executor = Self {
            config,
            evm: Evm::with_reads(rules, cfg_env(config), block_env(&header), reads),
            old_root: parent.state_root,
            l1_base_fee: l1.base_fee,
            header,
            transactions: Vec::new(),
            senders: Vec::new(),
            receipts: Vec::new(),
            skipped: Vec::new(),
            seen: 0,
        };
        executor.system_call(BEACON_ROOTS_ADDRESS, l1.parent_hash.0.into())?;
        executor.system_call(HISTORY_STORAGE_ADDRESS, parent.hash().0.into())?;
        if !delayed.is_empty() {
            executor.system_call(L1_CONTEXT, l1::write_context(&l1))?;
        }
        for message in delayed {
            if let Err(reason) = executor.execute_delayed(message)? {
                executor.skipped.push(SkippedInput { source: Source::Delayed(message.index), reason });
            }
        }
        Ok(executor)
    }

    /// Executes a transaction, if it may be in the block.
    pub fn execute_transaction(&mut self, transaction: &Recovered<TxEnvelope>) -> Result<TxOutcome, Error<S::Error>> {
        let outcome = self.execute_signed(transaction)?;
        self.count(outcome)
    }

    /// Executes what may be the EIP-2718 bytes of a transaction.
    pub fn execute_bytes(&mut self, transaction: &[u8]) -> Result<TxOutcome, Error<S::Error>> {
        let outcome = match recover_transaction(transaction) {
            Ok(transaction) => self.execute_signed(&transaction)?,
            Err(reason) => Err(reason),
        };
        self.count(outcome)
    }

    /// Gas that transactions can still ask for.
    pub const fn gas_left(&self) -> u64 {
        self.header.gas_limit.saturating_sub(self.header.gas_used)
    }

    /// The header so far; roots and bloom come at the end.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The base fee of L1 that data fees of this block follow, in wei.
    pub const fn l1_base_fee(&self) -> U256 {
        self.l1_base_fee
    }

    /// Receipts so far, the delayed messages' first.
    pub fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// Ends the block: roots and header.
    pub fn finish(mut self) -> Result<ExecutedBlock, Error<<S as StateReader>::Error>>
    where
        S: State,
    {
        let tensors = self.evm.tensors_mut().take_pinned();
        let messenger = self.evm.account_before(L2_MESSENGER)?;
        let post = self.evm.finish(self.old_root)?;
        let messenger = post.diff.accounts.get(&L2_MESSENGER).map_or(messenger, |change| change.new);
        let message_root = messenger.map_or(EMPTY_ROOT, |messenger| messenger.storage_root);
        let (block, hash) = header::seal(self.header, post.root, message_root, self.transactions, &self.receipts);
        Ok(ExecutedBlock {
            block,
            hash,
            senders: self.senders,
            receipts: self.receipts,
            state: post.diff,
            trie_updates: post.trie_updates,
            tensors,
            skipped: self.skipped,
        })
    }

    /// The system contracts fail silently (EIP-4788, EIP-2935), and so does the predeploy.
    fn system_call(&mut self, contract: Address, input: alloy_primitives::Bytes) -> Result<(), Error<S::Error>> {
        self.evm.system_call(contract, input).map(drop)
    }

    fn execute_delayed(&mut self, message: &DelayedMessage) -> Result<Result<(), Skipped>, Error<S::Error>> {
        match message.kind {
            DelayedKind::Context => Ok(Ok(())),
            DelayedKind::Deposit => match deposit(self.config, message) {
                Ok(deposit) => self.execute_deposit(deposit).map(Ok),
                Err(malformed) => Ok(Err(malformed.into())),
            },
            DelayedKind::Forced => match recover_forced(&message.payload) {
                Ok(transaction) => Ok(self.execute_signed(&transaction)?.map(drop)),
                Err(reason) => Ok(Err(reason)),
            },
        }
    }

    /// A deposit is always in the block: whatever its call does, the mint and the nonce stay.
    fn execute_deposit(&mut self, deposit: TxDeposit) -> Result<(), Error<S::Error>> {
        let (from, mint, gas_limit) = (deposit.from, deposit.mint, deposit.gas_limit);
        let transaction = TxEnvelope::Deposit(deposit.seal_slow());
        let nonce = self.evm.nonce(from)?;
        let extra = Extra { mint: Some(mint), ..Default::default() };
        let effect = match self.evm.transact(tx_env(&transaction, from), extra)? {
            Ok(result) if result.is_halt() => Effect::failed(gas_limit),
            Ok(result) => result.into(),
            Err(_) => {
                self.evm.fail_deposit(from, mint)?;
                Effect::failed(gas_limit)
            }
        };
        self.include(transaction, from, effect, Some(nonce));
        Ok(())
    }

    fn execute_signed(
        &mut self,
        transaction: &Recovered<TxEnvelope>,
    ) -> Result<Result<Included, Skipped>, Error<S::Error>> {
        let (sender, transaction) = (transaction.signer(), transaction.inner());
        if matches!(transaction, TxEnvelope::Deposit(_) | TxEnvelope::PostExec(_)) {
            return Ok(Err(Skipped::Malformed));
        }
        let (gas_limit, left) = (transaction.gas_limit(), self.gas_left());
        if gas_limit > left {
            return Ok(Err(Skipped::BlockGas { gas_limit, left }));
        }
        let data_fee = data_fee_floor(self.config, self.l1_base_fee, &transaction.encoded_2718());
        match self.evm.transact(tx_env(transaction, sender), Extra { mint: None, data_fee })? {
            Ok(result) => Ok(Ok(self.include(transaction.clone(), sender, result.into(), None))),
            Err(invalid) => Ok(Err(invalid.into())),
        }
    }

    fn include(&mut self, transaction: TxEnvelope, sender: Address, effect: Effect, nonce: Option<u64>) -> Included {
        for id in tensor_pins(&effect.logs) {
            self.evm.tensors_mut().pin(id);
        }
        let included = Included { success: effect.success, gas_used: effect.gas_used };
        self.header.gas_used = self.header.gas_used.saturating_add(effect.gas_used);
        self.receipts.push(receipt(transaction.tx_type(), effect, self.header.gas_used, nonce));
        self.transactions.push(transaction);
        self.senders.push(sender);
        included
    }

    fn count(&mut self, outcome: Result<Included, Skipped>) -> Result<TxOutcome, Error<S::Error>> {
        let position = self.seen;
        self.seen += 1;
        Ok(match outcome {
            Ok(included) => TxOutcome::Included(included),
            Err(reason) => {
                let source = Source::Transaction(position);
                self.skipped.push(SkippedInput { source, reason: reason.clone() });
                TxOutcome::Skipped(reason)
            }
        })
    }
}

pub(crate) fn cfg_env(config: &ChainConfig) -> CfgEnv {
    CfgEnv::default().with_chain_id(config.l2_chain_id)
}

pub(crate) fn block_env(header: &Header) -> BlockEnv {
    let mut block = BlockEnv {
        number: U256::from(header.number),
        beneficiary: header.beneficiary,
        timestamp: U256::from(header.timestamp),
        gas_limit: header.gas_limit,
        basefee: header.base_fee_per_gas.unwrap_or_default(),
        prevrandao: Some(header.mix_hash),
        ..Default::default()
    };
    block.set_blob_excess_gas_and_price(0, revm::primitives::eip4844::BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE);
    block
}

/// Executes a whole block on `parent`, whose state is `state`: THE function of the sequencer, the verifier and the guest.
pub fn execute_block<S: State>(
    config: &ChainConfig,
    parent: &SealedHeader,
    input: &BlockInput,
    state: &S,
) -> Result<ExecutedBlock, Error<<S as StateReader>::Error>> {
    let mut executor = BlockExecutor::new(config, parent, input.timestamp, &input.delayed, state)?;
    for transaction in &input.transactions {
        executor.execute_bytes(transaction)?;
    }
    executor.finish()
}
