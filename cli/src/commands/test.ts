export const testCommand = async (..._a: unknown[]): Promise<number> => 1
