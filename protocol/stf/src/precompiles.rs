//! The ML precompiles beside Ethereum's, and where their tensors are.

use crate::{Error, Rules, StateReader, machine::Ctx};
use alloc::{collections::BTreeMap, string::String};
use alloy_primitives::{Address, B256, Bytes, U256};
use autonet_ml_precompiles::{
    CallOutcome, MAX_COMMIT_BYTES, Operand, Price, Registered, Request, Residency, TensorHost, abi, gas,
};
use autonet_primitives::{
    Words,
    addresses::{MODEL_REGISTRY, TENSOR_STORE},
};
use revm::{
    context::{ContextError, ContextTr, JournalTr},
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult},
    primitives::{AddressSet, hardfork::SpecId},
};

/// The longest input that a precompile takes: COMMIT's header and data.
const MAX_INPUT_BYTES: usize = 6 * 32 + MAX_COMMIT_BYTES;

/// Ethereum's precompiles and, under the rollup's rules, the ML ones.
pub(crate) struct MlPrecompiles {
    eth: EthPrecompiles,
    /// Addresses of all; only for the rollup.
    rollup: Option<AddressSet>,
}

impl MlPrecompiles {
    pub(crate) fn new(rules: &Rules) -> Self {
        let eth = EthPrecompiles::new(rules.spec());
        let rollup = matches!(rules, Rules::Rollup { .. }).then(|| {
            let mut all = eth.warm_addresses().clone();
            all.extend(abi::ADDRESSES);
            all
        });
        Self { eth, rollup }
    }
}

impl<'a, S: StateReader> PrecompileProvider<Ctx<'a, S>> for MlPrecompiles {
    type Output = InterpreterResult;

    /// The rules set it, once.
    fn set_spec(&mut self, _: SpecId) -> bool {
        false
    }

    fn run(&mut self, ctx: &mut Ctx<'a, S>, inputs: &CallInputs) -> Result<Option<InterpreterResult>, String> {
        if self.rollup.is_none() || !abi::is_precompile(&inputs.bytecode_address) {
            return self.eth.run(ctx, inputs);
        }
        // What fails for its length or its gas alone is not copied: the caller's memory is paid for once, calls are many.
        if inputs.input.len() > MAX_INPUT_BYTES || inputs.gas_limit < gas::BASE {
            let mut gas = Gas::new_with_regular_gas_and_reservoir(inputs.gas_limit, inputs.reservoir);
            gas.spend_all();
            return Ok(Some(InterpreterResult::new(InstructionResult::PrecompileError, Bytes::new(), gas)));
        }
        let input = Bytes::copy_from_slice(&inputs.input.as_bytes(ctx));
        let outcome =
            autonet_ml_precompiles::call(inputs.bytecode_address, &input, inputs.gas_limit, &mut Host { ctx });
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                ctx.error = Err(ContextError::Db(error));
                return Err("tensor or model could not be read".into());
            }
        };
        let mut gas = Gas::new_with_regular_gas_and_reservoir(inputs.gas_limit, inputs.reservoir);
        let (result, gas_used, output) = match outcome {
            CallOutcome::Return { gas_used, output } => (InstructionResult::Return, gas_used, output),
            CallOutcome::Revert { gas_used, output } => (InstructionResult::Revert, gas_used, output),
            CallOutcome::Fail(_) => (InstructionResult::PrecompileError, inputs.gas_limit, Bytes::new()),
        };
        if !gas.record_regular_cost(gas_used) {
            gas.spend_all();
            return Ok(Some(InterpreterResult::new(InstructionResult::PrecompileOOG, Bytes::new(), gas)));
        }
        Ok(Some(InterpreterResult::new(result, output, gas)))
    }

    fn warm_addresses(&self) -> &AddressSet {
        self.rollup.as_ref().unwrap_or_else(|| self.eth.warm_addresses())
    }
}

/// Tensors at hand. Whether a transaction may use them is decided by the journal, never by what is in here.
#[derive(Default)]
pub(crate) struct Tensors {
    /// Made in this transaction, also by calls that were undone.
    local: BTreeMap<B256, Operand>,
    /// Read in this transaction.
    loaded: BTreeMap<B256, Operand>,
    /// Pinned in this block: the state reader does not have them yet.
    pinned: BTreeMap<B256, Operand>,
}

impl Tensors {
    /// Forgets the last transaction.
    pub(crate) fn begin(&mut self) {
        self.local.clear();
        self.loaded.clear();
    }

    /// The last transaction has pinned `id`. Its bytes, if they came with it, stay for the rest of the block.
    pub(crate) fn pin(&mut self, id: B256) {
        if let Some(tensor) = self.local.get(&id) {
            self.pinned.insert(id, tensor.clone());
        }
    }

    /// Encodings of what was pinned in this block, if its data is here.
    pub(crate) fn take_pinned(&mut self) -> BTreeMap<B256, Bytes> {
        let pinned = core::mem::take(&mut self.pinned).into_iter();
        pinned.filter_map(|(id, tensor)| Some((id, tensor.data()?.encode().into()))).collect()
    }
}

struct Host<'c, 'a, S: StateReader> {
    ctx: &'c mut Ctx<'a, S>,
}

impl<S: StateReader> Host<'_, '_, S> {
    /// A value of the mapping in slot 0 of a predeploy.
    fn mapped(&mut self, contract: Address, key: B256) -> Result<U256, Error<S::Error>> {
        let slot = Words::new().word(key).u64(0).hash();
        let journal = self.ctx.journal_mut();
        // The journal reads slots of loaded accounts only, and nothing else may have touched the predeploy.
        journal.load_account(contract)?;
        Ok(journal.sload(contract, slot.into())?.data)
    }
}

// The marks are transient storage of precompiles' addresses, where no code can run that could write there.
impl<S: StateReader> TensorHost for Host<'_, '_, S> {
    type Error = Error<S::Error>;

    fn local(&mut self, id: B256) -> Result<Option<Operand>, Self::Error> {
        if self.ctx.journal_mut().tload(abi::COMMIT, id.into()).is_zero() {
            return Ok(None);
        }
        Ok(self.ctx.chain.tensors.local.get(&id).cloned())
    }

    fn insert_local(&mut self, id: B256, tensor: Operand) -> Result<(), Self::Error> {
        self.ctx.journal_mut().tstore(abi::COMMIT, id.into(), U256::ONE);
        self.ctx.chain.tensors.local.insert(id, tensor);
        Ok(())
    }

    fn resident(&mut self, id: B256) -> Result<Option<Residency>, Self::Error> {
        let word = self.mapped(TENSOR_STORE, id)?;
        let [paid_until, size_bytes, ..] = *word.as_limbs();
        let paid = U256::from(paid_until) >= self.ctx.block.timestamp;
        Ok((!word.is_zero() && paid).then_some(Residency { size_bytes, paid_until }))
    }

    fn load(&mut self, id: B256) -> Result<Operand, Self::Error> {
        let tensors = &mut self.ctx.chain.tensors;
        if let Some(tensor) = tensors.pinned.get(&id).or_else(|| tensors.loaded.get(&id)) {
            return Ok(tensor.clone());
        }
        let tensor = self.ctx.journaled_state.database.state.tensor(id).map_err(Error::State)?;
        let tensor = tensor.ok_or(Error::MissingTensor(id))?;
        self.ctx.chain.tensors.loaded.insert(id, tensor.clone());
        Ok(tensor)
    }

    fn request(&mut self, request: &Request<Operand>) -> Result<Option<B256>, Self::Error> {
        self.ctx.journaled_state.database.state.request(request).map_err(Error::State)
    }

    fn preimage(&mut self, hash: B256) -> Result<Bytes, Self::Error> {
        let preimage = self.ctx.journaled_state.database.state.tensor_preimage(hash).map_err(Error::State)?;
        preimage.ok_or(Error::MissingTensor(hash))
    }

    fn first_use(&mut self, id: B256) -> Result<bool, Self::Error> {
        let journal = self.ctx.journal_mut();
        let first = journal.tload(abi::META, id.into()).is_zero();
        journal.tstore(abi::META, id.into(), U256::ONE);
        Ok(first)
    }

    fn graph(&mut self, model_id: B256) -> Result<Option<Registered>, Self::Error> {
        let entry = self.mapped(MODEL_REGISTRY, model_id)?;
        if entry.is_zero() {
            return Ok(None);
        }
        // `pointer | fixed << 160 | per item << 208`: see ModelRegistry.
        let pointer = Address::from_word(entry.into());
        let gas = |shift: usize| (entry >> shift).as_limbs()[0] & ((1 << 48) - 1);
        let price = Price { fixed: gas(160), per_item: gas(208) };
        let code = self.ctx.journal_mut().code(pointer)?.data;
        Ok((!code.is_empty()).then(|| Registered { graph: code.slice(1..), price }))
    }
}
