using Bellman;
using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Runs;

// Train: eight copies of CartPole, proximal policy optimisation.
var environments = StandardEnvironments.Registry();
using var agent = new Ppo(environments.MakeVector("CartPole-v1", copies: 8), new PpoOptions(), seed: 1, totalSteps: 60_000);
new TrainingLoop(agent).Run(60_000);

// Evaluate, save, load, and evaluate the loaded agent: the same numbers.
var before = Evaluation.Run(agent.Policy, environments.MakeVector("CartPole-v1", copies: 10), episodes: 20, seed: 7);
AgentFile.Save(agent, "cartpole-agent");
using var loaded = new Ppo(environments.MakeVector("CartPole-v1", copies: 8), new PpoOptions(), seed: 2, totalSteps: 60_000);
AgentFile.Load(loaded, "cartpole-agent");
var after = Evaluation.Run(loaded.Policy, environments.MakeVector("CartPole-v1", copies: 10), episodes: 20, seed: 7);
Console.WriteLine($"mean return {before.MeanReturn:0.0}, after loading {after.MeanReturn:0.0}");
