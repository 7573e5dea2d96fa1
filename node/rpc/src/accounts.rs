//! Accounts, their storage, and proofs of both.

use crate::{
    error::RpcError,
    reader::{Reader, Result},
};
use alloy_consensus::constants::EMPTY_ROOT_HASH;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U64, U256};
use alloy_rpc_types_eth::{BlockId, BlockNumberOrTag, EIP1186AccountProofResponse, EIP1186StorageProof};
use alloy_serde::JsonStorageKey;
use autonet_stf::{Account, StateReader};

impl Reader {
    pub(crate) fn balance(&self, address: Address, block: BlockId) -> Result<U256> {
        Ok(self.state(block)?.account(address)?.map_or(U256::ZERO, |account| account.balance))
    }

    /// The nonce of an account; in `pending` the one after those in the pool.
    pub(crate) fn transaction_count(&self, address: Address, block: BlockId) -> Result<U64> {
        let nonce = self.state(block)?.account(address)?.map_or(0, |account| account.nonce);
        let pooled = match (&self.pool, block) {
            (Some(pool), BlockId::Number(BlockNumberOrTag::Pending)) => pool.pending_nonce(address),
            _ => None,
        };
        Ok(U64::from(pooled.map_or(nonce, |pooled| pooled.max(nonce))))
    }

    pub(crate) fn code(&self, address: Address, block: BlockId) -> Result<Bytes> {
        let state = self.state(block)?;
        match state.account(address)? {
            Some(Account { code_hash, .. }) if code_hash != KECCAK256_EMPTY => {
                state.code(code_hash)?.ok_or_else(|| RpcError::Internal(format!("no code with hash {code_hash}")))
            }
            _ => Ok(Bytes::new()),
        }
    }

    pub(crate) fn storage_at(&self, address: Address, slot: JsonStorageKey, block: BlockId) -> Result<B256> {
        Ok(self.state(block)?.storage(address, slot.as_b256().into())?.into())
    }

    /// EIP-1186.
    pub(crate) fn proof(
        &self,
        address: Address,
        keys: Vec<JsonStorageKey>,
        block: BlockId,
    ) -> Result<EIP1186AccountProofResponse> {
        if keys.len() > self.limits.max_proof_keys {
            return Err(RpcError::Limit("number of storage keys", self.limits.max_proof_keys as u64));
        }
        let slots: Vec<U256> = keys.iter().map(|key| key.as_b256().into()).collect();
        let proof = self.state(block)?.prove(address, &slots)?;
        let empty = Account { storage_root: EMPTY_ROOT_HASH, code_hash: KECCAK256_EMPTY, ..Default::default() };
        let account = proof.account.unwrap_or(empty);
        let prove = |(key, slot): (JsonStorageKey, autonet_storage::SlotProof)| EIP1186StorageProof {
            key,
            value: slot.value,
            proof: slot.proof,
        };
        Ok(EIP1186AccountProofResponse {
            address,
            balance: account.balance,
            code_hash: account.code_hash,
            nonce: account.nonce,
            storage_hash: account.storage_root,
            account_proof: proof.proof,
            storage_proof: keys.into_iter().zip(proof.slots).map(prove).collect(),
        })
    }
}
