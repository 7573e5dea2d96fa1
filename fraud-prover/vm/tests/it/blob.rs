//! A blob with openings.

use alloy_eips::eip4844::{
    c_kzg::{Blob, Bytes32},
    env_settings::EnvKzgSettings,
    kzg_to_versioned_hash,
};
use alloy_primitives::{B256, U256, uint};
use autonet_fpvm::OracleKind;

use crate::{generate::Random, host::Tables};

/// The order of the scalar field of BLS12-381.
const MODULUS: U256 = uint!(52435875175126190479447740508185965837690552500527637822603658699938581184513_U256);

/// A blob of random elements that the host knows, with openings of some; returns its versioned hash.
pub(crate) fn insert(host: &mut Tables, seed: u64, opened: &[u64]) -> B256 {
    let mut random = Random(seed);
    let mut data = vec![0; 131_072];
    for element in data.chunks_exact_mut(32) {
        let limbs = std::array::from_fn(|_| random.next());
        element.copy_from_slice(&(U256::from_limbs(limbs) % MODULUS).to_be_bytes::<32>());
    }
    let settings = EnvKzgSettings::Default.get();
    let blob = Blob::from_bytes(&data).expect("a blob");
    let commitment = settings.blob_to_kzg_commitment(&blob).expect("elements of the field").to_bytes();
    let key = kzg_to_versioned_hash(commitment.as_slice());
    for index in opened {
        let (proof, element) = settings.compute_kzg_proof(&blob, &Bytes32::new(point(*index))).expect("a proof");
        assert_eq!(element.as_slice(), &data[*index as usize * 32..][..32], "element {index} is at its point");
        let opening = [commitment.as_slice(), proof.to_bytes().as_slice(), element.as_slice()].concat();
        host.openings.insert((key, *index), opening.try_into().expect("128 bytes"));
    }
    host.data.insert((OracleKind::Blob, key), data.into());
    key
}

/// The root of unity of an element: the 4,096th to the power of its number, bits reversed (EIP-4844).
fn point(index: u64) -> [u8; 32] {
    let root = U256::from(7).pow_mod((MODULUS - U256::from(1)) / U256::from(4096), MODULUS);
    let reversed = index.reverse_bits() >> 52;
    root.pow_mod(U256::from(reversed), MODULUS).to_be_bytes()
}
