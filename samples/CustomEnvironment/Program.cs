using Bellman;
using Bellman.Algorithms;
using CustomEnvironment;

var environments = new EnvironmentRegistry();
environments.Register("Corridor-v0", () => new Corridor(length: 12), timeLimit: 200);

using var agent = new Ppo(environments.MakeVector("Corridor-v0", copies: 8), new PpoOptions(), seed: 1, totalSteps: 30_000);
new TrainingLoop(agent).Run(30_000);
var result = Evaluation.Run(agent.Policy, environments.MakeVector("Corridor-v0", copies: 10), episodes: 50, seed: 7);
Console.WriteLine($"mean return {result.MeanReturn:0.00} in {result.MeanLength:0.0} steps");
