using Bellman;
using Bellman.Algorithms;
using Bellman.Environments;
using CustomNetwork;

var environments = StandardEnvironments.Registry();
using var agent = new Ppo(environments.MakeVector("CartPole-v1", copies: 8), new PpoOptions(), seed: 1, totalSteps: 60_000, new FourierTrunk());
var loop = new TrainingLoop(agent, new TrainingLoopOptions { EvaluationEnvironment = () => environments.MakeVector("CartPole-v1", copies: 10) });
loop.Run(60_000);
Console.WriteLine($"best return {loop.BestEvaluation}");
