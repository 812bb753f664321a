// prom-client ships its default metrics as one file each, but types only for taking all of them.
declare module "prom-client/lib/metrics/*" {
  const register: (registry: import("prom-client").Registry) => void;
  export default register;
}
