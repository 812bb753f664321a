/** Two pools of sweden and norway: one for the clients in 10.78.0.0/24, which are rejected without them, and one for all. */
export const VPN = `
[[pool]]
name = "vpn"
from = ["10.78.0.0/24"]
members = [{ gateway = "sweden" }, { gateway = "norway" }]
when-no-gateways = "unreachable"
`;

export const REST = `
[[pool]]
name = "rest"
members = [{ gateway = "norway" }]
exclude = ["9.0.0.0/8"]
`;
