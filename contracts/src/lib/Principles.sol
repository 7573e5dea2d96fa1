// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The principles that the chain starts with: version 1 of Constitution's text.
library Principles {
    string internal constant TEXT = "The principles of Autonet\n" "\n"
        "1. Nobody's funds may be taken, except a stake for a fault that has been proven.\n"
        "2. What the chain can compute is the truth; no vote and no authority overrules it.\n"
        "3. Dissent is no fault: a vote that differs may go unpaid, and is never punished.\n"
        "4. Participation is open to all on the same terms, and no account is privileged.\n"
        "5. Anyone may leave for L1 with what is theirs, at any time, and needs nobody's permission.\n"
        "6. Proof comes before trust: whoever claims a result lets everyone check it.\n"
        "7. Models, commitments to data, and the code that judges them are open to verification by all.\n"
        "8. Users are not watched: nothing is gathered about them beyond what the protocol must record.\n"
        "9. Humans have the final say over agents; an agent checks every instruction against these principles, and "
        "refuses the one that breaks them.\n"
        "10. Governance binds itself: it decides in the open, acts after a delay, and does nothing against these "
        "principles.\n"
        "11. These principles change only by their own vote, with 95 percent of all votes in favour, and in no other way.\n";
}
