export const doctorCommand = async (..._a: unknown[]): Promise<number> => 1
