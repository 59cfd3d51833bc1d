using System.Globalization;
using System.Text;
using Bellman;
using Bellman.Algorithms;
using WarehouseInventory;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var tiny = args.Contains("--tiny");
var (steps, searchEpisodes, episodes) = tiny ? (5_000, 5, 20) : (3_000_000, 100, 400);
const ulong searchSeed = 1, trainingSeed = 2, reportSeed = 3;

var environments = new EnvironmentRegistry();
environments.Register("Warehouse-v0", () => new Warehouse(), timeLimit: Warehouse.Days);

// Every policy meets the same customers: episode i of one is comparable with episode i of another.
IReadOnlyList<double> CostsPerDay(IPolicy policy, int count, ulong seed)
{
    using var copies = environments.MakeVector("Warehouse-v0", copies: Math.Min(count, 20));
    return [.. Evaluation.Run(policy, copies, count, seed).Returns.Select(value => -value / Warehouse.RewardScale / Warehouse.Days)];
}

double Value(IPolicy policy) => -CostsPerDay(policy, searchEpisodes, searchSeed).Average();
var baseStock = BaseStock.Search(Value, withTrigger: false);
var triggered = BaseStock.Search(Value, withTrigger: true);

var options = new PpoOptions { Copies = 20, RolloutSteps = 126, Epochs = 4, Minibatches = 6, LearningRate = 1e-3, EntropyCoefficient = 0.003, NormalizeObservations = true };
using var agent = new Ppo(environments.MakeVector("Warehouse-v0", options.Copies), options, trainingSeed, steps);
new TrainingLoop(agent, new TrainingLoopOptions { LogEvery = Math.Max(1, steps / 100) }, new ProgressLines(Console.Error)).Run(steps);

var reference = CostsPerDay(baseStock, episodes, reportSeed);
var table = new StringBuilder("| policy | cost a day | cheaper than base stock by (95% interval) |\n|---|---|---|\n");
Row($"base stock, levels {string.Join(", ", baseStock.Levels)}", baseStock);
Row($"levels {string.Join(", ", triggered.Levels)}, ordered once {triggered.Trigger} cases are lacking", triggered);
Row($"PPO, {steps:N0} days of practice", agent.Policy);
Console.Write(table);

// The README's table is written by this program alone.
var target = Array.IndexOf(args, "--readme");
if (target >= 0) { Readme.Replace(args[target + 1], table.ToString()); }

void Row(string name, IPolicy policy)
{
    var costs = CostsPerDay(policy, episodes, reportSeed);
    var savings = costs.Zip(reference, (cost, other) => other - cost).ToList();
    var (mean, deviation) = (savings.Average(), Math.Sqrt(savings.Sum(saving => Math.Pow(saving - savings.Average(), 2)) / (savings.Count - 1)));
    var half = 1.96 * deviation / Math.Sqrt(savings.Count);
    table.Append($"| {name} | {costs.Average():0.00} | {(ReferenceEquals(policy, baseStock) ? "-" : $"{mean:0.00} [{mean - half:0.00}, {mean + half:0.00}]")} |\n");
}
