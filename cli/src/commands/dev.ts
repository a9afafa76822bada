export const devCommand = async (..._a: unknown[]): Promise<number> => 1
