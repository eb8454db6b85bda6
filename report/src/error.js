// What the user can do something about: shown as one line, without a stack.

export class UserError extends Error {}
