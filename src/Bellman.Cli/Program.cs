using Bellman.Cli;

using var interrupt = new Interrupt();
return CommandLine.Run(args, Console.Out, Console.Error, interrupt.Token);
