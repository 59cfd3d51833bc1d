using System.Globalization;
using System.Text;
using Bellman.Environments.Chemotaxis;

namespace Bellman.Papers.Nanorobots;

/// <summary>One step of a run, as section 3.6 of the method lists it.</summary>
/// <param name="Distance">From the robot to the cell, after the step.</param>
/// <param name="Concentration">At the robot.</param>
/// <param name="Reward">Of the step.</param>
/// <param name="Robot">Where the robot is.</param>
/// <param name="Cell">Where the cell is.</param>
public readonly record struct NanorobotsStep(double Distance, double Concentration, double Reward, Vector3D Robot, Vector3D Cell);

/// <summary>What one run came to.</summary>
/// <param name="Captured">Whether the cell was found; a run that ended at the horizon did not succeed.</param>
/// <param name="Steps">Steps taken.</param>
/// <param name="FinalDistance">Distance to the cell at the end.</param>
/// <param name="MeanDistance">Mean over the steps.</param>
/// <param name="MeanConcentration">Mean over the steps.</param>
/// <param name="MeanReward">Mean over the steps.</param>
/// <param name="Collisions">Moves that an obstacle cancelled.</param>
public sealed record NanorobotsRun(
    bool Captured, int Steps, double FinalDistance, double MeanDistance, double MeanConcentration, double MeanReward, int Collisions);

/// <summary>Sums up a run step by step, and keeps the steps where asked to.</summary>
public sealed class NanorobotsTrace(bool keepSteps = false)
{
    private readonly List<NanorobotsStep> steps = [];
    private double distance, concentration, reward, last;
    private int count;

    /// <summary>The steps kept.</summary>
    public IReadOnlyList<NanorobotsStep> Steps => steps;

    /// <summary>Forgets the run before.</summary>
    public void Begin()
    {
        steps.Clear();
        (distance, concentration, reward, last, count) = (0, 0, 0, 0, 0);
    }

    /// <summary>Takes note of a step.</summary>
    public void Add(in NanorobotsStep step)
    {
        count++;
        distance += step.Distance;
        concentration += step.Concentration;
        reward += step.Reward;
        last = step.Distance;
        if (keepSteps) { steps.Add(step); }
    }

    /// <summary>The run in numbers; NaN means where it had no step.</summary>
    public NanorobotsRun Finish(bool captured, int collisions) =>
        new(captured, count, last, distance / count, concentration / count, reward / count, collisions);

    /// <summary>The steps kept, as a table with a heading line.</summary>
    public string ToCsv()
    {
        var csv = new StringBuilder("step,distance,concentration,reward,robotX,robotY,robotZ,cellX,cellY,cellZ\n");
        for (var i = 0; i < steps.Count; i++)
        {
            var step = steps[i];
            csv.Append(CultureInfo.InvariantCulture,
                $"{i + 1},{step.Distance:G9},{step.Concentration:G9},{step.Reward:G9},{step.Robot.X:G9},{step.Robot.Y:G9},{step.Robot.Z:G9},{step.Cell.X:G9},{step.Cell.Y:G9},{step.Cell.Z:G9}\n");
        }
        return csv.ToString();
    }
}
