import { AwsV4Signer } from "aws4fetch";

import type { ProviderSettings } from "./providers/provider.ts";

/** An access key at Amazon. */
export interface AwsKey {
  readonly id: string;
  readonly secret: string;
}

/** What is signed of a request. */
export interface AwsRequest {
  readonly method: string;
  readonly url: string;
  readonly body?: string | undefined;
  readonly service: string;
  readonly region: string;
}

/** Signs a request to Amazon (Signature Version 4): returns the headers that it gets. */
export type SignAws = (request: AwsRequest, key: AwsKey) => Promise<Readonly<Record<string, string>>>;

/** What a provider at Amazon is made from. */
export interface AwsProviderSettings extends ProviderSettings {
  readonly signAws: SignAws;
}

export const signAws: SignAws = async ({ body, ...request }, { id, secret }) => {
  const signer = new AwsV4Signer({ ...request, body: body ?? null, accessKeyId: id, secretAccessKey: secret });
  const { headers } = await signer.sign();
  return Object.fromEntries(headers);
};
