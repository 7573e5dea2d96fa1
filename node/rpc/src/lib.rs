#![doc = "The JSON-RPC server of a node: eth, net, web3, txpool and autonet, over HTTP and WebSocket."]
