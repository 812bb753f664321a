import { type Static, type TSchema, Type } from "typebox";

/* Pieces that the schemas of the status have in common. */

export const nullable = <T extends TSchema>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });

export const text = (description: string) => Type.String({ description });
export const count = (description: string) => Type.Integer({ minimum: 0, description });
export const seconds = (description: string) => Type.Number({ minimum: 0, description });
export const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

const timeOptions = { format: "date-time", description: "by the clock of the machine, in UTC" } as const;
export const Time = Type.String(timeOptions);

export const Moment = Type.Object(
  { time: Time, ageSeconds: seconds("how long ago, by a monotonic clock") },
  { description: "when something happened" },
);

export const Report = Type.Object({ ok: Type.Boolean(), why: text("the reason, as a sentence") });

export type Moment = Static<typeof Moment>;
export type Report = Static<typeof Report>;
