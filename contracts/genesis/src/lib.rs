#![doc = "Builds the L2 genesis: runs each predeploy's constructor and places its code and storage at its fixed address."]
