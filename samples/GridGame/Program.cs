using Bellman;
using Bellman.Algorithms;
using GridGame;

var tiny = args.Contains("--tiny");
var steps = tiny ? 4_000 : 200_000;
var environments = new EnvironmentRegistry();
environments.Register("Dungeon-v0", () => new Dungeon());

using var agent = new Ppo(environments.MakeVector("Dungeon-v0", copies: 16), new PpoOptions { EntropyCoefficient = 0.02, LearningRate = 1e-3 }, seed: 1, totalSteps: steps);
new TrainingLoop(agent, new TrainingLoopOptions { LogEvery = Math.Max(1, steps / 100) }, new ProgressLines(Console.Error, 5)).Run(steps);

var result = Evaluation.Run(agent.Policy, environments.MakeVector("Dungeon-v0", copies: 10), episodes: tiny ? 10 : 200, seed: 7);
Console.WriteLine($"mean return {result.MeanReturn:0.00} in {result.MeanLength:0.0} moves, escaped {100.0 * result.Returns.Count(value => value > 0.5) / result.Returns.Count:0}%");

// One game, move by move. The policy is told what is possible; it never walks into a wall.
var game = new Dungeon();
var random = RandomStream.Create(3, "game");
var (observation, action, available) = (new float[game.ObservationSpace.Size], new float[1], new bool[game.ActionSpace.FlatSize]);
game.Reset(random, observation);
Console.WriteLine($"\n{game}");
for (var done = false; !done;)
{
    game.WriteActionMask(available);
    ((IMaskedPolicy)agent.Policy).Act(observation, available, 1, action, null);
    var step = game.Step(action, random, observation);
    done = step.Done;
    Console.WriteLine($"{Dungeon.Name(action[0])}{(step.Terminated ? step.Reward > 0 ? ": out of the door!" : ": caught by the ghost" : "")}\n{game}");
}
